// Complex read 11: loans of the persons in the guarantee chain of a person.
MATCH (:Person {key: $id})-[g:GUARANTEES*1.. WHERE g.valid_from > datetime.fromepochmillis($start)
                                                AND g.valid_from < datetime.fromepochmillis($end)]->(other:Person)
WITH DISTINCT other
MATCH (other)-[:BORROWED]->(loan:Loan)
WITH DISTINCT loan
RETURN round(sum(loan.loanAmount), 3) AS sumLoanAmount, count(loan) AS numLoans
