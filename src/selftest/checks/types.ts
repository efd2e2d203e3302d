/*
  Writes every type as scalar, column and array column with tableInsert, and checks that it reads back bit for bit.
*/
import { scalarAt } from '../../protocol/element.js'
import type { Column, TypedVector, Value } from '../../protocol/value.js'
import { numberOf, tableOf } from '../answers.js'
import { fail, pass, type Check, type Outcome } from '../check.js'
import { columnDifference, tableOfColumns } from '../compare.js'
import type { CheckContext } from '../context.js'
import { arraySamples, columnSamples, type TypeSample } from './type-samples.js'

const variable = 'ddbIngestTestValues'

async function roundTrip(
  context: CheckContext,
  { type, column }: TypeSample,
  inserts: readonly (readonly Value[])[],
): Promise<Outcome> {
  await context.ask(`${variable} = table(${column.length}:0, [\`v], [${type}])`)
  // Sends all requests without waiting for answers.
  const answers = await Promise.all(
    inserts.map(args => context.call(`tableInsert{${variable}}`, args)),
  )
  const inserted = answers.reduce((sum, answer) => sum + numberOf(answer), 0)
  if (inserted !== column.length) {
    return fail(`tableInsert answered ${inserted} rows, not ${column.length}`)
  }
  const table = tableOf(await context.ask(`select * from ${variable}`))
  const difference = columnDifference(table.columns[0]!, column)
  return difference === undefined ? pass() : fail(difference)
}

function columnCheck(sample: TypeSample): Check {
  return {
    name: `types: ${sample.type} column`,
    does: `writes a column of ${sample.type} with nulls and extremes and reads it back`,
    dependsOnIt: `loading columns of type ${sample.type}`,
    run: context => roundTrip(context, sample, [[tableOfColumns({ v: sample.column })]]),
  }
}

function scalarCheck(sample: TypeSample): Check {
  return {
    name: `types: ${sample.type} scalar`,
    does: `writes single values of ${sample.type} and reads them back`,
    dependsOnIt: `bound arguments of type ${sample.type}, and the ledger of receipts`,
    run: context =>
      roundTrip(
        context,
        sample,
        scalarsOf(sample.column).map(value => [value]),
      ),
  }
}

function scalarsOf(column: Column): Value[] {
  return Array.from({ length: column.length }, (_, i) => scalarAt(column as TypedVector, i))
}

export const typeChecks: readonly Check[] = [
  ...columnSamples.map(scalarCheck),
  ...columnSamples.map(columnCheck),
  ...arraySamples.map(columnCheck),
]
