/*
  Every check, in the order of execution.
*/
import type { Check } from '../check.js'
import { asynchronousChecks } from './asynchronous.js'
import { connectionChecks } from './connection.js'
import { createChecks } from './create-scripts.js'
import { dfsChecks } from './dfs.js'
import { functionViewChecks } from './function-view.js'
import { insertChecks } from './insert.js'
import { jobChecks } from './jobs.js'
import { keyedDfsChecks } from './keyed-dfs.js'
import { leftoverChecks } from './leftovers.js'
import { loginChecks } from './login.js'
import { openQuestionChecks } from './open-questions.js'
import { receiptChecks } from './receipts.js'
import { refusalChecks } from './refusals.js'
import { secondUserChecks } from './second-user.js'
import { typeChecks } from './types.js'

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
  ...keyedDfsChecks,
  ...createChecks,
  ...leftoverChecks,
]
