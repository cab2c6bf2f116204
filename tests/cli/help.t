The version, and help that is generated from the table of commands.

  $ ringfence --version
  ringfence 0.1.0

  $ ringfence help --help
  usage: ringfence help [--man | --completion] [COMMAND]
  
  explain all commands, or one
  
  options:
        --man               the manual page as troff: ringfence help --man | man -l -
        --completion        completion of command lines for bash: source <(ringfence help --completion)
  
  for every command:
        --db DIR            the graph's directory (default: $RINGFENCE_DB, then ./ringfence.db)
        --format FORMAT     table, json, ndjson or csv (default: table on a terminal, else ndjson)
    -q, --quiet             no notes and no progress bars
        --reader-limit D    end a read that holds an old state for so long (default 1h; 0s: never)
        --force             also where the graph lies on a network file system
    -h, --help              this text
    -V, --version           the version

A command that is not there, an option that is not there, and an option without its argument.

  $ ringfence nonsense
  ringfence: there is no command "nonsense"; ringfence --help lists them all
  [2]
  $ ringfence
  ringfence: a command is missing; ringfence --help lists them all
  [2]
  $ ringfence help --colour
  ringfence help: there is no option --colour
  ringfence help --help explains its options.
  [2]
  $ ringfence help --db
  ringfence help: --db needs an argument
  ringfence help --help explains its options.
  [2]
  $ ringfence help --man=3
  ringfence help: --man takes no argument
  ringfence help --help explains its options.
  [2]
  $ ringfence --format xml help
  ringfence: --format: "xml" is not a format: expected table, json, ndjson or csv
  [2]
  $ ringfence help import tag list
  ringfence help: "list" is one too many: usage: ringfence help [--man | --completion] [COMMAND]
  ringfence help --help explains its options.
  [2]

A group is explained by its name.

  $ ringfence help schema
  usage: ringfence schema COMMAND [options]
  
  commands:
    schema show        print the graph's schema (YAML)
    schema upgrade     give the graph another schema: FILE, or the built-in one of this version

Every command has help, and the manual page names every one.

  $ ringfence help --man > man.1
  $ ringfence --help | sed -n '/^commands:/,/^$/p' | grep '^  [a-z]' | sed 's/^  //; s/   *.*//' > names
  $ while read -r name; do
  >   ringfence $name --help > text || echo "$name: no help"
  >   grep -q '^usage: ringfence '"$name" text || echo "$name: no usage"
  >   grep -q "^.SS \"ringfence $name\"" man.1 || echo "$name: not in the manual"
  > done < names

The manual page is good troff.

  $ ! command -v groff > groff.path || groff -man -Tutf8 -ww -z man.1

Bash completes commands, the commands of a group, options, formats; what else an option or a command
takes is left to it.

  $ source <(ringfence help --completion)
  $ complete_line() {
  >   COMP_WORDS=(ringfence "$@") COMP_CWORD=$# COMPREPLY=()
  >   _ringfence && echo "${COMPREPLY[@]}"
  > }
  $ complete_line re
  replay restore retag
  $ complete_line --db tag tag l
  list
  $ complete_line tag list --st
  --state
  $ complete_line retag u
  undo
  $ complete_line stats --format = n
  ndjson
  $ complete_line import exports/
  [1]
  $ while read -r name; do
  >   complete_line $name --quie | grep -qx -- --quiet || echo "$name: not completed"
  > done < names

The commands are listed in order.

  $ LC_ALL=C sort -c names

What could not be printed is an error.

  $ ringfence --help > /dev/full
  ringfence: writing to standard output: No space left on device
  [1]

Paragraphs are wrapped where they are printed.

  $ ringfence backtest --help | sed -n '5,10p'
  Applications of the graph in order of time, each as if it came in at its own
  moment: the graph as it was known then, the tags published and the overlays
  given by then. POLICY_A is the built-in one unless given. Nothing is recorded.
  
  Rows are decisions, changes from A to B, and codes of reasons: how many
  applications (a, b), their share of all (rate), the share of bad ones among
