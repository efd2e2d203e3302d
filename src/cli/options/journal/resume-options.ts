/*
  The options of `resume`: what a journal does not decide.
*/
import { type SettingsOf } from '../reading/definition.js'
import { deliveryOptions } from '../delivery-options.js'
import { journaledServerOptions } from './journaled-server.js'
import {
  commonOptions,
  jsonOptions,
  logOptions,
  progressOptions,
  traceOptions,
} from '../output-options.js'
import { runOptions } from '../run-options.js'

const { stateDir, restart, summary, metricsFile, lock } = runOptions

export const resumeOptions = {
  onDoubt: deliveryOptions.onDoubt,
  ...journaledServerOptions,
  stateDir,
  restart,
  summary,
  metricsFile,
  lock,
  ...progressOptions,
  ...logOptions,
  ...traceOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `resume`, read. */
export type ResumeSettings = SettingsOf<typeof resumeOptions>
