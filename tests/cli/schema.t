The schema a graph was made with.

  $ ringfence init --quiet && ringfence schema show | head -3
  # SPDX-License-Identifier: GPL-2.0-or-later
  # The built-in schema: lending to small enterprises. Compiled into ringfence and used by `init`;
  # copy it, change it and give it to `init --schema FILE` for another bank. Detectors know the
  $ ringfence schema upgrade
  note: the built-in schema is the graph's schema already
  $ ringfence schema show > mine.yaml && sed -i 's/^name: sme-credit/name: mine/' mine.yaml
  $ ringfence schema upgrade mine.yaml && ringfence schema show | grep '^name'
  note: mine.yaml is now the graph's schema
  name: mine
  $ ringfence check
  note: 0 nodes, 0 edges, 0 replaced versions of commit 2 checked

One that would make stored keys differently is refused, and so is one with a mistake.

  $ printf ':ID(Device),:LABEL\nABC,Device\n' > n.csv && ringfence import --quiet n.csv | sed 's/"seconds.*//'
  {"nodes":1,"edges":0,"rejected":0,
  $ sed 's/fold: .lower./fold: [upper]/' mine.yaml > upper.yaml
  $ ringfence schema upgrade upper.yaml
  ringfence schema upgrade: the new schema makes keys of Device differently from how they are stored (node 1): load the data into a new graph under that schema
  [1]
  $ sed 's/Device/Machine/g' mine.yaml > other.yaml
  $ ringfence schema upgrade other.yaml
  ringfence schema upgrade: the new schema lacks the label Device, which gives nodes their keys (node 1): keep it, or load the data into a new graph under that schema
  [1]
  $ echo 'nam: x' > bad.yaml && ringfence schema upgrade bad.yaml
  ringfence schema upgrade: bad.yaml:1: unknown key "nam"; known here: name, default_country, normalisers, labels, edges, kinds, links, classes, sensitive_properties
  [4]
  $ ringfence schema show | cmp - mine.yaml

  $ ringfence --db open.db init --quiet --open-schema && ringfence --db open.db schema show
  note: the schema is open: labels and types come with the data
