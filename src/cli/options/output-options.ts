/*
  The options about output.
*/
import { optionGroup, type SettingsOf } from './reading/definition.js'
import { choice, onOff, text } from './reading/readers.js'

/** Options of every command except `demo`. */
export const commonOptions = optionGroup('Output', {
  verbose: {
    flags: '-v, --verbose',
    help: 'print more on standard error',
    reader: onOff,
  },
  noColor: {
    flags: '--no-color',
    help: 'no colours',
    reader: onOff,
    flagOnly: true,
  },
  lang: {
    flags: '--lang <language>',
    help: 'help and messages in Chinese or English: zh or en',
    reader: choice('zh', 'en'),
    defaultNote: "the system's, on a terminal",
  },
})

export const progressOptions = optionGroup('Output', {
  progress: {
    flags: '--progress <style>',
    help: 'auto, bar, plain or none; auto is a bar on a terminal, else a line every 10 s',
    reader: choice('auto', 'bar', 'plain', 'none'),
    default: 'auto',
  },
  quiet: {
    flags: '-q, --quiet',
    help: 'print nothing on success',
    reader: onOff,
  },
})

export const jsonOptions = optionGroup('Output', {
  json: {
    flags: '--json',
    help: 'print exactly one JSON object on standard output',
    reader: onOff,
  },
})

/** How standard error is written; only for `load`. */
export const logOptions = optionGroup('Output', {
  logFormat: {
    flags: '--log-format <format>',
    help: 'format of standard error: text, or json with one object per line',
    reader: choice('text', 'json'),
    default: 'text',
  },
})

/** Options of commands that talk to a server. */
export const traceOptions = optionGroup('Output', {
  trace: {
    flags: '--trace <file>',
    help: 'write a line for each message to and from the server, without values and secrets',
    reader: text,
  },
  traceValues: {
    flags: '--trace-values',
    help: 'also write scripts and first values to the trace',
    reader: onOff,
  },
})

/** How to show the progress of a run; `startProgress` interprets the values. */
export type ProgressStyle = SettingsOf<typeof progressOptions>['progress']
