/*
  The options of `selftest`.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { commonOptions, jsonOptions, traceOptions } from './output-options.js'
import { duration, text } from './reading/readers.js'
import { serverOptions } from './server-options.js'

export const selftestOptions = {
  ...optionGroup('Run', {
    timeLimit: {
      flags: '--time-limit <time>',
      help: 'end after this, with what is known by then',
      reader: duration,
      default: '60s',
    },
    secondUser: {
      flags: '--second-user <name>',
      help: 'another user, for the checks that take two',
      reader: text,
    },
    secondPasswordFile: {
      flags: '--second-password-file <file>',
      help: 'file with the password of that user',
      reader: text,
    },
  }),
  ...optionGroup('Output', {
    issueText: {
      flags: '--issue-text <file>',
      help: 'write what may be pasted into an issue, without hosts, users and passwords',
      reader: text,
    },
  }),
  ...serverOptions,
  ...traceOptions,
  ...jsonOptions,
  ...commonOptions,
}

/** Every option of `selftest`, read. */
export type SelftestSettings = SettingsOf<typeof selftestOptions>
