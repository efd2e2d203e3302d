/*
  Every check, in the order of execution. The last ones check that `selftest` leaves nothing on the server.
*/
import { fail } from '../answers.js'
import type { Check } from '../check.js'
import { isOwn, listObjects, removeTestObjects } from '../leftovers.js'
import { asynchronousChecks } from './asynchronous.js'
import { createChecks, dfsChecks } from './dfs.js'
import { insertChecks, openQuestionChecks, refusalChecks } from './memory.js'
import { functionViewChecks, receiptChecks, secondUserChecks } from './receipts.js'
import { connectionChecks, jobChecks, loginChecks } from './sessions.js'
import { checksOf } from './steps.js'
import { typeChecks } from './types.js'

const leftoverChecks = checksOf('leftovers', 'the tables of runs: they have to go again', {
  'what was removed is gone': async ({ control, signal, stamp, serverMs }) => {
    const own = (await listObjects(control, signal)).filter(({ name }) => isOwn(name, stamp))
    if (own.length > 0) fail(`still there: ${own.map(({ name }) => name).join(', ')}`)
    const left = await removeTestObjects(control, stamp, serverMs(), signal)
    if (left.length === 0) return
    return `this user cannot remove ${left.map(({ name }) => name).join(', ')}`
  },
})

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
