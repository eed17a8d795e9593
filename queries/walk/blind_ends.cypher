// One more step leads to something hidden.
EXISTS {
    MATCH (n)%tail%[r:%relations%]%head%(m:Entity)
    WHERE %hidden:m% AND %counts% AND r.family IN $families%follow%%enter%
  }
