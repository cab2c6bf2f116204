Statements one after the other; from a pipe, line by line.

  $ ringfence init --quiet
  $ printf "CREATE (:Phone {key: '1'});\n" | ringfence shell
  ringfence shell: this statement changes the graph: allow it with --write
  [4]
  $ printf "CREATE (:Device {key: 'd1'})\n  -[:SIGNED_IN]->(:Account {key: 'a1'});\n" | ringfence shell --write --quiet
  $ printf ':param k=d1\nMATCH (d:Device {key: $k})-->(a)\nRETURN a.key AS account;\n:params\n:mode csv\n:schema\n' | ringfence shell
  {"account":"a1"}
  {"parameter":"k","value":"d1"}
  from,type,to,count\r
  Device,SIGNED_IN,Account,1\r
  $ printf ':nonsense\n' | ringfence shell
  ringfence shell: there is no command :nonsense; :help lists them
  ringfence shell --help explains its options.
  [2]
