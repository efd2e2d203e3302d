/*
  Checks behaviour that documentation leaves open and that a run relies on.
*/
import { schemaFromServer } from '../../schema/server-schema.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { columnOf, numberOf, refusalText, tableOf, textsOf } from '../answers.js'
import { expectText, fail, pass, type Check } from '../check.js'

const oneColumn = (first: number): string => `table([${first}] as v)`

export const openQuestionChecks: readonly Check[] = [
  {
    name: 'open: defined tells of shared tables',
    does: 'asks defined(name, SHARED) before and after a table is shared',
    dependsOnIt: 'marker and ledger of a run',
    async run({ tableName, ask }) {
      const name = tableName('defined')
      const script = `defined("${name}", SHARED)`
      const answers = [numberOf(await ask(script))]
      await ask(`share(${oneColumn(1)}, "${name}")`)
      answers.push(numberOf(await ask(script)))
      return expectText('it answers', answers.join(), '0,1')
    },
  },
  {
    name: 'open: objs(true) lists shared tables',
    does: 'shares a table and looks for it in the list',
    dependsOnIt: 'similar names for a wrong --table, and naming what killed runs have left',
    async run({ share, ask }) {
      const name = await share('listed', oneColumn(1))
      const objects = tableOf(await ask('select * from objs(true) where shared=true'))
      const found = textsOf(columnOf(objects, 'name')).includes(name)
      return found ? pass(objects.columnNames.join(', ')) : fail('it is not in the list')
    },
  },
  {
    name: 'open: schema() tells the columns',
    does: 'reads schema() of a shared table with a decimal and an array column',
    dependsOnIt: 'load --table: the columns come from there',
    async run({ share, ask }) {
      const name = await share(
        'schema',
        'table(1:0, `a`b`c`d, [INT, SYMBOL, DECIMAL64(4), DOUBLE[]])',
      )
      const schema = await ask(`schema(${name})`)
      if (schema === undefined) return fail('there is no answer')
      const { columns } = schemaFromServer(schema)
      const text = columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')
      return expectText('the columns', text, 'a INT, b SYMBOL, c DECIMAL64(4), d DOUBLE[]')
    },
  },
  {
    name: 'open: the form of an undefined symbol',
    does: 'reads the error of a variable that is not defined',
    dependsOnIt: 'ending with 78 if a name is wrong',
    async run({ ask }) {
      const words = await ask('ddbIngestTestUndefined').then(() => undefined, refusalText)
      return words === undefined ? fail('it is accepted') : pass(words)
    },
  },
]
