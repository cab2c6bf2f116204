// Complex read 1: accounts reached by 1 to 3 transfers in ascending time within the window that a
// blocked medium signed in to within it.
// $id, $start, $end (milliseconds since 1970, both exclusive), $limit (transfers scanned an account)
MATCH (:Account {key: $id})-[t:TRANSFERRED*1..3 WHERE t.valid_from > datetime.fromepochmillis($start)
                                                  AND t.valid_from < datetime.fromepochmillis($end)]->(other:Account)
WHERE all(i IN range(1, size(t) - 1) WHERE t[i - 1].valid_from < t[i].valid_from)
WITH DISTINCT other, size(t) AS distance
MATCH (other)<-[s:SIGNED_IN]-(m:Device {isBlocked: true})
WHERE s.valid_from > datetime.fromepochmillis($start) AND s.valid_from < datetime.fromepochmillis($end)
RETURN DISTINCT toInteger(other.key) AS otherId, distance AS accountDistance,
       toInteger(m.key) AS mediumId, m.mediumType AS mediumType
ORDER BY accountDistance, otherId, mediumId
