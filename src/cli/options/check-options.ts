/*
  The options of `check`: those of `load`, so that one word makes the other of it, and how much is looked at.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { loadOptions } from './load-options.js'
import { count } from './reading/readers.js'

const { dryRun: _, ...loadOptionsOfCheck } = loadOptions

export const checkOptions = {
  ...loadOptionsOfCheck,
  ...optionGroup('Input', {
    sample: {
      flags: '--sample <n>',
      help: 'look at no more than n records of each input',
      reader: count(1),
      defaultNote: 'all',
    },
  }),
}

/** Every option of `check`, read. */
export type CheckSettings = SettingsOf<typeof checkOptions>
