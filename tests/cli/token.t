Tokens are shown once; only a hash is kept, in a file that nobody else may read.

  $ ringfence init -q && ringfence token list
  $ ringfence token add
  ringfence token add: --role is missing: screen, investigate, write or admin
  ringfence token add --help explains its options.
  [2]
  $ ringfence token add --role king
  ringfence token add: --role: "king" is no role; roles are screen, investigate, write, admin
  ringfence token add --help explains its options.
  [2]
  $ ringfence token add --role screen loan-system | sed -E 's/[0-9a-f]{8}_[0-9a-f]{64}/ID_SECRET/; s/"id":"[0-9a-f]*"/"id":"ID"/'
  {"id":"ID","role":"screen","name":"loan-system","expires":null,"token":"rf_ID_SECRET"}
  $ stat -c '%a' ringfence.db/tokens
  600
  $ ringfence token list | sed -E 's/"id":"[0-9a-f]*"/"id":"ID"/; s/"created":"[^"]*"/"created":"TIME"/'
  {"id":"ID","role":"screen","name":"loan-system","created":"TIME","expires":null}
  $ ringfence token revoke 00000000
  ringfence token revoke: no token 00000000; ringfence token list shows them
  [1]
  $ ringfence token revoke $(ringfence token list | sed -E 's/.*"id":"([0-9a-f]*)".*/\1/') | sed -E 's/[0-9a-f]{8}/ID/'
  {"revoked":"ID"}
  $ ringfence token list

The service says what is wrong with its settings before it starts.

  $ printf 'queue_length: 0\n' > serve.yaml
  $ ringfence serve --config serve.yaml
  ringfence serve: serve.yaml:1: queue_length: 0 is out of range; give 1 to 100000
  [4]
  $ ringfence serve --listen 0.0.0.0:80
  ringfence serve: --listen: 0.0.0.0:80 lies beyond this machine, which needs TLS and client certificates: give tls_certificate, tls_key and tls_client_ca in the settings, or listen on 127.0.0.1
  ringfence serve --help explains its options.
  [2]
  $ ringfence serve --config missing.yaml
  ringfence serve: missing.yaml: no such file
  [1]
  $ ringfence serve --print-config | head -3
  http_threads: 2
  screening_threads: 2
  query_threads: 1

The example of settings names all there are.

  $ ringfence serve --print-config | cut -d: -f1 | while read key; do grep -q "^$key:" "$ROOT/data/serve.yaml" || echo "$key"; done
