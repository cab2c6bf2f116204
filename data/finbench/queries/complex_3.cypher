// Complex read 3: length of the shortest path of transfers within the window, -1 for none.
MATCH (a:Account {key: $id1}), (b:Account {key: $id2})
OPTIONAL MATCH p = shortestPath((a)-[t:TRANSFERRED* WHERE t.valid_from > datetime.fromepochmillis($start)
                                                      AND t.valid_from < datetime.fromepochmillis($end)]->(b))
RETURN coalesce(length(p), -1) AS shortestPathLength
