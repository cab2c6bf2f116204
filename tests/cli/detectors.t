The catalogue, with the parameters that `retag --set CODE.name=value` changes.

  $ ringfence detectors --format csv | grep -E '^(id|D1,|D7,)' | cut -d , -f 1-3
  D1,window_days,7
  D1,min_principals,3
  D1,alert_window_hours,24
  D1,alert_min_principals,5
  D7,max_length,6
  D7,max_cycles,10000
  $ ringfence detectors D1 --format csv
  detector,name,default,min,max,unit,meaning\r
  D1,window_days,7,1,3650,days,length of a window\r
  D1,min_principals,3,2,1000000,principals,unrelated principals that fire a window\r
  D1,alert_window_hours,24,1,87600,hours,length of an alert window\r
  D1,alert_min_principals,5,2,1000000,principals,unrelated principals that raise an alert\r
  $ ringfence detectors SHARED_DEVICE | grep -o '"id":"D1","codes":\["SHARED_DEVICE"\],"family":"identity"'
  "id":"D1","codes":["SHARED_DEVICE"],"family":"identity"
  $ ringfence detectors SHARED_DEVICE | grep -o '{"default":7,[^}]*}'
  {"default":7,"max":3650,"meaning":"length of a window","min":1,"name":"window_days","unit":"days"}
  $ ringfence detectors --format csv | grep ^SHARED,lookback
  SHARED,lookback_days,1095,1,36500,days,how far back any detector looks\r
  $ ringfence detectors --format csv | grep ^SHARED,[sc].*[a-zA-Z],,,,
  SHARED,subject_labels,,,,labels with commas,principals that are counted and tagged (default: those that are no kind of identifier)\r
  SHARED,cap.CLASS,,,,candidate/evidence,"most unrelated users with whom an identifier of the class, or of a label such as Device, still links, and fires (default: the schema's)"\r
  $ ringfence detectors | tail -1 | grep -o '"name":"[a-z_.A-Z]*"'
  "name":"lookback_days"
  "name":"steady_principals"
  "name":"steady_span_days"
  "name":"steady_factor"
  "name":"decay_days"
  "name":"subject_labels"
  "name":"cap.CLASS"
  $ ringfence detectors D99
  ringfence detectors: there is no detector "D99"; ringfence detectors lists them
  ringfence detectors --help explains its options.
  [2]
