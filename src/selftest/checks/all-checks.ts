/*
  Every check, in the order of execution. The last ones check that `selftest` leaves nothing on the server.
*/
import { fail, type Check } from '../check.js'
import { isOwn, listObjects, removeTestObjects } from '../leftovers.js'
import { asynchronousChecks } from './asynchronous.js'
import { createChecks } from './create-scripts.js'
import { dfsChecks } from './dfs.js'
import { jobChecks } from './jobs.js'
import { insertChecks, openQuestionChecks, refusalChecks } from './memory.js'
import { receiptChecks } from './receipts.js'
import { connectionChecks, loginChecks } from './sessions.js'
import { typeChecks } from './types.js'
import { functionViewChecks, secondUserChecks } from './views.js'

const dependsOnIt = 'this test, and the tables of runs: they have to go again'

export const leftoverChecks: readonly Check[] = [
  {
    name: 'leftovers: what was removed is gone',
    dependsOnIt,
    async run({ control, signal, stamp, kept }) {
      const inUse = new Set(kept.made.map(({ name }) => name))
      const names = (await listObjects(control, signal)).map(({ name }) => name)
      const own = names.filter(name => isOwn(name, stamp) && !inUse.has(name))
      if (own.length > 0) fail(`still there: ${own.join(', ')}`)
    },
  },
  {
    name: 'leftovers: what earlier tests have left',
    dependsOnIt,
    async run({ control, signal, stamp, serverMs, kept }) {
      const inUse = new Set(kept.made.map(({ name }) => name))
      const left = await removeTestObjects(control, stamp, serverMs(), signal, inUse)
      const names = left.map(({ name }) => name)
      const own = names.filter(name => isOwn(name, stamp))
      if (own.length > 0) fail(`cannot be removed: ${own.join(', ')}`)
      return names.length > 0 ? `this user cannot remove ${names.join(', ')}` : undefined
    },
  },
]

export const allChecks: readonly Check[] = [
  ...connectionChecks,
  ...loginChecks,
  ...typeChecks,
  ...insertChecks,
  ...refusalChecks,
  ...asynchronousChecks,
  ...receiptChecks,
  ...secondUserChecks,
  ...jobChecks,
  ...openQuestionChecks,
  ...functionViewChecks,
  ...dfsChecks,
  ...createChecks,
  ...leftoverChecks,
]
