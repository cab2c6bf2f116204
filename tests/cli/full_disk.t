A disk that runs full: a clear error, nothing stored before is lost, and it goes on when there is
room again. Needs the right to mount a small file system.

  $ mkdir disk && mount -t tmpfs -o size=4m none disk 2> /dev/null || exit 80
  $ trap 'umount disk' EXIT
  $ ringfence --db disk/graph init --quiet
  $ printf ':ID(Enterprise),name,:LABEL\nE1,One,Enterprise\n' > one.csv
  $ ringfence --db disk/graph import one.csv | sed 's/"seconds".*/.../'
  {"nodes":1,"edges":0,"rejected":0,...
  $ (echo ':ID(Enterprise),name,:LABEL'; seq -f 'N%06.0f,A name that takes some room in the file of the store,Enterprise' 1 60000) > many.csv
  $ ringfence --db disk/graph import many.csv > /dev/null
  ringfence import: disk full: a load needs room for temporary files beside the graph, about as much as its input; free some space, nothing stored is lost
  [1]
  $ ringfence --db disk/graph stats --format csv | grep total
  total,nodes,1,\r
  total,edges,0,\r
  total,commits,2,\r
  $ ringfence --db disk/graph check
  note: 1 node, 0 edges, 0 replaced versions of commit 2 checked

Events wait for room, acknowledged when they are durable; reading goes on meanwhile.

  $ dd if=/dev/zero of=disk/ballast bs=64k 2> /dev/null
  [1]
  $ dd if=/dev/zero of=disk/ballast bs=1k oflag=append conv=notrunc 2> /dev/null
  [1]
  $ printf '{"op":"node","label":"Enterprise","key":"e2"}\n{"op":"node","label":"Enterprise","key":"e3"}\n' > two.ndjson
  $ ringfence --db disk/graph apply --space-wait 300ms two.ndjson 2>&1 | sed 's/[0-9]* bytes free/.../'
  warning: committing: disk full: ... for disk/graph; free some space, nothing stored is lost; waiting for room
  ringfence apply: committing: disk full: ... for disk/graph; free some space, nothing stored is lost
  $ ringfence --db disk/graph apply two.ndjson > answers 2> notes & sleep 1
  $ wc -l < answers
  0
  $ ringfence --db disk/graph stats --format csv | grep nodes
  total,nodes,1,\r
  $ rm disk/ballast; wait; cat answers; sed 's/[0-9]* bytes free/.../' notes
  {"line":1,"status":"ok"}
  {"line":2,"status":"ok"}
  warning: committing: disk full: ... for disk/graph; free some space, nothing stored is lost; waiting for room
  note: there is room again: going on at line 1
  note: 2 lines: 2 applied, 0 known before, 0 wrong, in 1 commit

Full already at the start, without a lock file.

  $ rm disk/graph/lock.mdb
  $ dd if=/dev/zero of=disk/ballast bs=64k 2> /dev/null
  [1]
  $ ringfence --db disk/graph stats > /dev/null
  ringfence stats: opening: disk full: 0 bytes free for disk/graph; free some space, nothing stored is lost
  [1]

With room again all is as before.

  $ rm disk/ballast
  $ ringfence --db disk/graph check
  note: 3 nodes, 0 edges, 0 replaced versions of commit 3 checked
  $ ringfence --db disk/graph stats --format csv | grep total
  total,nodes,3,\r
  total,edges,0,\r
  total,commits,3,\r
  $ ringfence --db disk/graph import one.csv | sed 's/"seconds".*/.../'
  {"nodes":0,"edges":0,"rejected":0,...

A folder of an export that was cut short would look like a whole one: none stays.

  $ dd if=/dev/zero of=disk/ballast bs=1k 2> /dev/null
  [1]
  $ ringfence --db disk/graph export --as neo4j disk/out 2>&1 | sed 's/disk.out[^:]*/OUT/'
  ringfence export: OUT: No space left on device
  $ ls disk
  ballast
  graph
