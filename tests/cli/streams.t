What a program meets in pipelines and cron jobs: closed streams, readers that leave, full disks.

  $ ringfence -q generate --enterprises 300 --seed 7 book > made
  $ ringfence -q init

A closed stream's number must not go to the graph's files: notes would be written over its pages.

  $ ringfence import book 0<&- >&- 2>&-
  [1]
  $ ringfence import book 2>&- | sed 's/,"seconds.*//'
  {"nodes":0,"edges":0,"rejected":0
  $ ringfence -q check

What is read from or written to a closed stream is an error, and so is a full disk.

  $ ringfence apply - 0<&-
  ringfence apply: standard input: Bad file descriptor
  [1]
  $ ringfence stats >&-
  ringfence stats: writing to standard output: Bad file descriptor
  [1]
  $ ringfence stats > /dev/full
  ringfence stats: writing to standard output: No space left on device
  [1]

A reader that has seen enough ends the writer, without words.

  $ (ringfence dump 2> said; echo $? > code) | head -n 1 | cut -c 1-9
  {"dump":1
  $ cat code said
  141

Files that may not be written: what reading needs is said. (Root may write all the same, until it
lays that down.)

  $ chmod a-w ringfence.db/*
  $ lay_down=
  $ [ "$(id -u)" != 0 ] || lay_down="setpriv --inh-caps=-all --bounding-set=-all"
  $ $lay_down ringfence stats
  ringfence stats: opening: ringfence.db: Permission denied; a reader writes too (its place in lock.mdb): run as the owner of the files, or on a copy
  [1]

What is said of a failure reaches no terminal as a command.

  $ ringfence entity "$(printf 'x\033[31m')" 2>&1 | cat -v
  ringfence entity: nobody and nothing has the key "x [31m"; a label may stand before it, as in Enterprise:KEY
