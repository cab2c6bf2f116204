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

A semicolon ends a statement wherever it stands, but for texts, quoted names and comments.

  $ printf 'RETURN 1; RETURN ";" AS x;\nRETURN 2; // two; and a half\n:mode csv\n/* ; */ RETURN "a;\nb" AS `c;`\n; ;\r\n// nothing;\n:mode json\r\nRETURN 6 / 2;\r\nRETURN 4' | ringfence shell
  {"1":1}
  {"x":";"}
  {"2":2}
  c;\r
  "a;
  b"\r
  [{"6 / 2":3}]
  [{"4":4}]
  $ printf '// nothing\n' | ringfence shell
  $ printf ':nonsense\n' | ringfence shell
  ringfence shell: there is no command :nonsense; :help lists them
  ringfence shell --help explains its options.
  [2]
