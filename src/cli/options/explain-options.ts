/*
  The options of `explain`.
*/
import type { SettingsOf } from './reading/definition.js'
import { commonOptions } from './output-options.js'

export const explainOptions = { noColor: commonOptions.noColor }

/** Every option of `explain`, read. */
export type ExplainSettings = SettingsOf<typeof explainOptions>
