/*
  Seeds that once showed a defect, each with what it was. What a seed means depends on how scenarios are drawn: who
  changes that looks for others (`npm run simulate:defects`).
*/

export const keptSeeds: ReadonlyMap<number, string> = new Map([
  [5, 'a claim that is not checked'],
  [23, 'rows that the target dropped'],
  [94, 'two runs under one name'],
  [236, 'half of a refused batch'],
  [340, 'an answer that was lost'],
  [391, 'a count that is short'],
  [1057, 'a server that comes back empty'],
  [1722, 'rows on their way when a run leaves'],
  [2725, 'a node that was left, and died without a word'],
  [3172, 'a file that cannot be read in the middle of a record'],
  [103_570, 'rejects that were queued when a run left'],
])
