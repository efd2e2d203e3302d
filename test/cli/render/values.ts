/*
  Values and their expected texts, for tests of rendering.
*/
import { vectorOf } from '../../../src/protocol/element.js'
import type { Scalar, Table, Value, Vector } from '../../../src/protocol/value.js'

export const table = (columns: Record<string, Table['columns'][number]>): Table => ({
  form: 'table',
  name: '',
  rows: Object.values(columns)[0]?.length ?? 0,
  columnNames: Object.keys(columns),
  columns: Object.values(columns),
})

export const ints = (...values: (number | null)[]): Vector =>
  vectorOf({ type: 'INT' }, values) as Vector

export const strings = (...values: string[]): Vector =>
  vectorOf({ type: 'STRING' }, values) as Vector

export const tuple = (...data: Value[]): Vector => ({
  form: 'vector',
  type: 'ANY',
  length: data.length,
  data,
})

export const scalar = (given: Omit<Scalar, 'form'>): Scalar =>
  ({ form: 'scalar', ...given }) as Scalar

export const trades: Table = table({
  sym: strings('A', 'MSFT', ''),
  price: vectorOf({ type: 'DOUBLE' }, [1.5, null, 300]),
  id: ints(1, 22, null),
})

export const dictionary: Value = {
  form: 'dictionary',
  keys: strings('rows', 'colDefs', 'list'),
  values: tuple(scalar({ type: 'INT', value: 2 }), trades, ints(1, null)),
}

/** Two by two, with labels; its last element is null. */
export const matrix: Value = {
  form: 'matrix',
  rows: 2,
  columns: 2,
  elements: ints(1, 2, 3, null),
  columnLabels: strings('x', 'y'),
  rowLabels: strings('r', 's'),
}

export const scalars: readonly [Scalar, text: string, json: unknown][] = [
  [scalar({ type: 'INT', value: 3 }), '3', 3],
  [scalar({ type: 'STRING', value: 'a,"b"' }), 'a,"b"', 'a,"b"'],
  [scalar({ type: 'BOOL', value: true }), 'true', true],
  [scalar({ type: 'INT', value: null }), '', null],
  [scalar({ type: 'LONG', value: 2n ** 53n - 1n }), '9007199254740991', 2 ** 53 - 1],
  [scalar({ type: 'LONG', value: 2n ** 53n }), '9007199254740992', '9007199254740992'],
  [scalar({ type: 'FLOAT', value: Math.fround(0.1) }), '0.1', 0.1],
  [scalar({ type: 'DOUBLE', value: NaN }), 'NaN', 'NaN'],
  [scalar({ type: 'TIMESTAMP', value: 0n }), '1970.01.01T00:00:00.000', '1970.01.01T00:00:00.000'],
  [scalar({ type: 'DECIMAL64', scale: 2, value: 12345n } as never), '123.45', '123.45'],
  [scalar({ type: 'VOID', value: null }), '', null],
]

export const longTable = (rows: number): Table =>
  table({ n: ints(...Array.from({ length: rows }, (_, index) => index)) })

export const all = (parts: Iterable<string>): string => [...parts].join('')
