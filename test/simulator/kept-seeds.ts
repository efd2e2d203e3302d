/*
  Seeds that once showed a defect, each with what it was. What a seed means depends on how scenarios are drawn: who
  changes that looks for others (`npm run simulate:defects`).
*/

export const keptSeeds: ReadonlyMap<number, string> = new Map([
  [5, 'a claim that is not checked'],
  [6, 'a connection that is opened again for ever'],
  [14, 'a call that nobody answers'],
  [23, 'rows that the target dropped'],
  [94, 'two runs under one name'],
  [144, 'a receipt that is read twice'],
  [237, 'half of a refused batch'],
  [358, 'rows that are rejected'],
  [367, 'a batch that a function stored in part'],
  [391, 'a count that is short'],
  [774, 'an answer that was lost'],
  [1057, 'a server that comes back empty'],
  [1404, 'a batch that a function stored in part, and that may be divided elsewhere'],
  [1722, 'rows on their way when a run leaves'],
  [3963, 'the end of a file that was cut'],
  [2_120_681, 'a copy that was refused where the first may be stored'],
  [2_159_861, 'the same, when another node leads'],
  [2_162_623, 'a server that vanished, and is waited for three times'],
  [3_274_472, 'bytes that nobody takes, of batches that were given up'],
  [3_392_900, 'a connection that vanishes while the marker is asked for'],
  [8_307_446, 'a server that vanishes while nothing is out, and is waited for twice'],
  [20_169_851, 'in sync mode, a server that is gone is waited for twice'],
  [20_226_085, 'a batch that comes while the node that leads is looked for in vain'],
  [20_357_814, 'a server that falls silent while a refused batch waits to be sent again'],
  [20_292_797, 'a run that is left while nothing is out'],
  [20_018_405, 'a server that restarts after its last answer, behind a function'],
  [3_000_000_275, 'rows on their way to a server that is idle'],
  [3_000_000_895, 'the same, on a slower link'],
  [5_000_000_011, 'a run that was begun anew, and killed, is taken for finished'],
  [5_000_000_062, 'a last look at a DFS table that failed'],
  [5_000_000_459, 'rejects in the way of a run that was to begin anew'],
  [5_000_000_677, 'a run that is killed after its mark, and before its journal knows as much'],
])
