// Complex read 5: transfers onwards from a person's accounts, up to 3 in ascending time, as paths.
MATCH (:Person {key: $id})-[:OWNS]->(own:Account)
MATCH p = (own)-[t:TRANSFERRED*1..3 WHERE t.valid_from > datetime.fromepochmillis($start)
                                      AND t.valid_from < datetime.fromepochmillis($end)]->(:Account)
WHERE all(i IN range(1, size(t) - 1) WHERE t[i - 1].valid_from < t[i].valid_from)
RETURN DISTINCT [n IN nodes(p) | toInteger(n.key)] AS path
ORDER BY size(path) DESC, path
