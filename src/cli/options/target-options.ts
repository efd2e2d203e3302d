/*
  The options of `load` about what is written into.
*/
import { checkFunctionName, parseMethod, parseTableTarget } from '../../load/target/target.js'
import { optionGroup } from './reading/definition.js'
import { choice, json, list, named, repeated, text } from './reading/readers.js'

/** The name as given, once it is known to be one. */
function checked(
  expected: string,
  check: (name: string) => unknown,
): ReturnType<typeof named<string>> {
  return named(expected, name => {
    check(name)
    return name
  })
}

const tableName = checked('a table name or dfs://DATABASE/TABLE', parseTableTarget)

/** A table, or a function and its columns. */
export const targetOptions = optionGroup('Target', {
  table: {
    flags: '-t, --table <name>',
    help: 'shared table, or dfs://DATABASE/TABLE',
    reader: tableName,
    field: 'target.table',
  },
  create: {
    flags: '--create <kind>',
    help: 'make the table when it is not there: stream or dfs',
    reader: choice('stream', 'dfs'),
    field: 'target.create',
  },
  method: {
    flags: '--method <method>',
    help: 'insert, append or upsert',
    reader: named('insert, append or upsert', parseMethod),
    defaultNote: 'insert',
    field: 'target.method',
  },
  keyColumns: {
    flags: '--key-columns <a,b>',
    help: 'columns that make a row unique, for upsert and --verify',
    reader: list,
    field: 'target.keyColumns',
  },
  function: {
    flags: '--function <name>',
    help: 'function view to call; the batch is its last argument',
    reader: checked('the name of a function view', checkFunctionName),
    field: 'target.function',
  },
  functionArg: {
    flags: '--function-arg <json>',
    help: 'bound before the batch; repeatable',
    reader: repeated(json),
    field: 'target.functionArguments',
  },
  types: {
    flags: '--types <name:TYPE,...>',
    help: 'columns sent to the function, in this order',
    reader: text,
    field: 'target.types',
  },
  typesFrom: {
    flags: '--types-from <table>',
    help: "take this table's columns instead",
    reader: tableName,
    field: 'target.typesFrom',
  },
  confirmTable: {
    flags: '--confirm-table <name>',
    help: 'table whose rows are counted behind a function',
    reader: tableName,
    field: 'target.confirmTable',
  },
})
