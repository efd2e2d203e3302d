/*
  The options of `retry`: what the run of a rejects file does not decide, and what it did not know.
*/
import { type SettingsOf } from '../reading/definition.js'
import { deliveryOptions } from '../delivery-options.js'
import { badRowOptions, inputOptions, valueOptions } from '../input-options.js'
import {
  commonOptions,
  jsonOptions,
  logOptions,
  progressOptions,
  traceOptions,
} from '../output-options.js'
import { runOptions } from '../run-options.js'
import { journaledServerOptions } from './journaled-server.js'

const { stateDir, restart, expectRows, expectUnique, summary, metricsFile, lock } = runOptions
const { rejects, maxErrors } = badRowOptions

export const retryOptions = {
  encoding: { ...inputOptions.encoding, defaultNote: "the run's own" },
  ...valueOptions,
  rejects: { ...rejects, defaultNote: 'FILE.retry beside it' },
  maxErrors: { ...maxErrors, defaultNote: 'no limit' },
  onDoubt: deliveryOptions.onDoubt,
  ...journaledServerOptions,
  stateDir,
  restart,
  expectRows,
  expectUnique,
  summary,
  metricsFile,
  lock,
  ...progressOptions,
  ...logOptions,
  ...traceOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `retry`, read. */
export type RetrySettings = SettingsOf<typeof retryOptions>
