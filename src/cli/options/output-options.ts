/*
  The options about output.
*/
import { optionGroup } from './reading/definition.js'
import { jsonSwitch, jsonTo, onOff, text } from './reading/readers.js'

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
    reader: jsonSwitch,
  },
})

/** For runs, which may write the object into a file. */
export const jsonToOptions = optionGroup('Output', {
  json: {
    flags: '--json[=file]',
    help: 'print exactly one JSON object on standard output, or write it into a file; both if given twice',
    reader: jsonTo,
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
