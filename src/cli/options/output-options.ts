/*
  The options about output.
*/
import { optionGroup } from './reading/definition.js'
import { onOff, text } from './reading/readers.js'

/** Options of every command except `demo`. */
export const commonOptions = optionGroup('Output', {
  noColor: {
    flags: '--no-color',
    help: 'no colours',
    reader: onOff,
    flagOnly: true,
  },
})

export const quietOptions = optionGroup('Output', {
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

/** Options of commands that talk to a server. */
export const traceOptions = optionGroup('Output', {
  trace: {
    flags: '--trace <file>',
    help: 'write a line for each message to and from the server, without values and secrets',
    reader: text,
  },
})
