/* Judges whether a first record is probably a header, if nothing proves it. Each field counts for or against a header. A name looks
   different from values. A value probably looks like the values below it, if these are all alike. A person has to see the result before any
   row is stored (docs/decisions/0033-headers-are-not-guessed.md). */
/** Probably correct, but not proved by the data: whether the first record is a header. */
export interface AssumedHeader {
  readonly isHeader: boolean
  /** The field that shows most clearly whether the record is a header. */
  readonly field: string
  /** Trimmed texts of the record's first fields, at most `assumedFields`. */
  readonly record: readonly string[]
}

/** Cells that fit `pattern` and no earlier pattern: `names` % of all column names, and `values` % of all values. */
interface Look {
  readonly pattern: RegExp
  readonly names: number
  readonly values: number
}

/**
 * Made on demand, because the patterns take a millisecond. Percentages measured in about 1,300 public files; between two halves of these
 * files, they differ by up to a factor of 3.
 */
function newLooks() {
  const emptyLook: Look = { pattern: /^$/, names: 3, values: 8 }
  const numberLook: Look = {
    pattern: /^[\s$€£¥(+-]*\.?\d[\d.,:/\s%)eE+-]*$/,
    names: 0.7,
    values: 2,
  }
  const longLook: Look = { pattern: /^[^]{41,}$|^(?:\s*\S+\s+){5}/, names: 2, values: 7 }
  /** Texts in a writing system without upper and lower case, such as Chinese. */
  const scriptLook: Look = { pattern: /^[\p{Lo}\p{M}]+$/u, names: 1, values: 1 }
  const all: readonly Look[] = [
    emptyLook,
    { pattern: /^(?:n\/?a|n\.a\.|nan|null|none|nil|-+|\.|\?|\\n)$/i, names: 0.1, values: 2 },
    { pattern: /^(?:19|20)\d\d$/, names: 0.7, values: 0.3 },
    numberLook,
    longLook,
    { pattern: /:\/\/|@|\\|^\/|[{}[\]]/, names: 0.1, values: 2.5 },
    // user_id, userId, col1
    { pattern: /^[\p{L}\d]+(?:_[\p{L}\d]+)+$/u, names: 16, values: 1 },
    { pattern: /^\p{Ll}+(?:\p{Lu}[\p{Ll}\d]*)+$/u, names: 3, values: 0.2 },
    { pattern: /^[\p{L} _]{2,}\d{1,2}$/u, names: 4, values: 3 },
    { pattern: /\d/, names: 1.3, values: 6 },
    { pattern: /[^\p{L}\p{M}\d\s_.()-]/u, names: 2, values: 4 },
    { pattern: /^\p{L}$/u, names: 6, values: 8 },
    { pattern: /^\p{Ll}+$/u, names: 35, values: 10 },
    { pattern: /^\p{Lu}\p{Ll}+$/u, names: 10, values: 17 },
    { pattern: /^\p{Lu}+$/u, names: 3, values: 8 },
    scriptLook,
    { pattern: /^\p{Ll}/u, names: 1, values: 1.5 },
    { pattern: /^\p{Lu}/u, names: 8, values: 13 },
    { pattern: /^/, names: 0.3, values: 0.3 },
  ]
  return { all, emptyLook, numberLook, longLook, scriptLook }
}

let made: ReturnType<typeof newLooks> | undefined
const looks = () => (made ??= newLooks())
const lookOf = (text: string): Look => looks().all.find(({ pattern }) => pattern.test(text))!

/** A header is assumed if the logarithm of the odds exceeds `headerOdds`; a row, if it is below −`rowOdds`. */
const headerOdds = 2
const rowOdds = 2.5
/** If no rows follow, the odds of a header's best field must exceed this; "id" and "user_id" have larger odds. */
const nameOdds = 2
/** Limit for how much a single field counts for a header, or against one. */
const mostOdds = 5
/** Limit for how much an empty field, a letter or a sentence counts against a header, because headers may have them. */
const weakOdds = 0.5
const countedOdds = 4
/** A few values prove little. Therefore each share is computed as if the sample had this many more, usual values. */
const assumedValues = 2
/** If the sample has no value of a column, this percentage of its values is assumed to be numbers. */
const numbersAlone = 80
/** Share of names that are also a value of their column. */
const repeatedNames = 0.02
/** Share of names of columns for which `isLikelyName` returns true, and share of values for which it does. */
const likelyNames = 0.3
const likelyValues = 0.02
/** Share of headers without an empty field, and share of headers with two equal fields. */
const fullHeaders = 0.85
const ambiguousHeaders = 0.03
/** Least share of records that must have as many fields as the first one. */
const leastAlike = 0.75

/** @param cells  of the first record @param rows  later records, of any width @returns undefined if neither header nor row is probable */
export function assumedHeader(
  cells: readonly string[],
  rows: readonly (readonly string[])[],
): AssumedHeader | undefined {
  const others = isTable(cells, rows) ? withoutRepeats(cells, rows) : undefined
  if (others === undefined) return undefined
  const isRepeated = cells.every((cell, i) => others.some(row => row[i] === cell))
  const counts = others.length > 0 && isCounted(cells) && !isRepeated && !others.some(isCounted)
  const witnesses = cells.flatMap((cell, i) => {
    const column = others.map(row => row[i] ?? '')
    const isSilent = cell === '' ? column.every(text => text === '') : counts && isStep(cell)
    return isSilent ? [] : [{ cell, odds: oddsOf(cell, column) }]
  })
  const sum = witnesses.reduce((all, { odds }) => all + odds, 0)
  const odds =
    // Fields of a record resemble each other, so four of them prove less than four times as much as one.
    sum / Math.sqrt(Math.max(1, witnesses.length)) +
    (counts ? countedOdds : 0) +
    recordOdds(cells, others)
  if (odds <= headerOdds && odds >= -rowOdds) return undefined
  const isHeader = odds > 0
  if (isHeader && hasKinds(cells, rows)) return undefined
  const sign = isHeader ? 1 : -1
  const [best] = witnesses.toSorted((a, b) => sign * (b.odds - a.odds))
  const least = isHeader && others.length === 0 ? nameOdds : weakOdds
  if (best !== undefined && sign * best.odds <= least) return undefined
  return { isHeader, field: best?.cell ?? cells.join(' '), record: cells }
}

const commentSign = /^[#%!*;]/
const recordKind = /^[A-Z]{1,3}$/
const mostKinds = 5

/** True if the records form a table. Otherwise there may be titles, comments or a different delimiter. */
function isTable(cells: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const alike = rows.filter(row => row.length === cells.length).length
  const sign = commentSign.exec(cells[0] ?? '')?.[0]
  const isComment = sign !== undefined && rows.some(([text = '']) => text.startsWith(sign))
  return alike >= leastAlike * rows.length && !isComment
}

/** True if each record begins with a code for its kind, such as H in the first one and D in all others. */
function hasKinds(cells: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const kinds = [cells, ...rows].map(([text = '']) => text)
  if (cells.length < 2 || new Set(kinds).size > mostKinds) return false
  return kinds.every(kind => recordKind.test(kind))
}

/**
 * The rows to compare with the assumed header: those that do not repeat it, if at most a tenth does. All rows if more than half repeat it
 * (such rows are data), or if the header has fewer than three names or two equal ones (data may repeat it by chance). Otherwise undefined.
 */
function withoutRepeats(
  cells: readonly string[],
  rows: readonly (readonly string[])[],
): readonly (readonly string[])[] | undefined {
  const filled = cells.filter(text => text !== '')
  if (filled.length < 3 || new Set(filled).size < filled.length) return rows
  const needed = Math.max(3, 0.75 * filled.length)
  const others = rows.filter(
    row => cells.filter((text, i) => text !== '' && row[i] === text).length < needed,
  )
  if (others.length >= 0.9 * rows.length) return others
  return others.length < 0.5 * rows.length ? rows : undefined
}

const isStep = (text: string): boolean => /^(?:\d+|[a-zA-Z])$/.test(text)

/** True if the fields count up: letters such as `a,b,c`, or numbers such as `0,1,2` with at most two other fields. */
function isCounted(cells: readonly string[]): boolean {
  const filled = cells.filter(text => text !== '')
  const steps = filled.filter(isStep)
  const isOfLetters = /^[a-zA-Z]/.test(steps[0] ?? '')
  const [fewest, others] = isOfLetters ? [2, 0] : [3, 2]
  if (steps.length < fewest || steps.length < filled.length - others) return false
  const [begin = 0, ...rest] = steps.map(text => (isOfLetters ? text.charCodeAt(0) : Number(text)))
  return rest.every((step, i) => step === begin + i + 1)
}

/** Logarithm of the odds of a header, judged by a single field; negative if it is probably a value. */
function oddsOf(cell: string, column: readonly string[]): number {
  const { emptyLook, numberLook, longLook, scriptLook } = looks()
  const look = lookOf(cell)
  const filled = column.filter(text => text !== '')
  const seen = cell === '' ? column : filled
  const isNumber = look === numberLook
  const isAlike = (text: string): boolean =>
    lookOf(text) === look && (!isNumber || shapeOf(text) === shapeOf(cell))
  const usual = isNumber && seen.length === 0 ? numbersAlone : look.values
  const alike = seen.filter(isAlike).length + (assumedValues * usual) / 100
  // `scriptLook` proves nothing, because Chinese names look like Chinese values.
  let odds =
    look === scriptLook ? 0 : Math.log(look.names / 100 / (alike / (seen.length + assumedValues)))
  if (cell !== '' && seen.length >= 2) odds += noveltyOdds(cell, seen)
  if (isLikelyName(cell)) {
    const share = (filled.filter(isLikelyName).length + likelyValues) / (filled.length + 1)
    odds += Math.log(likelyNames / share)
  }
  const isWeak =
    cell === '' || look === longLook || (/^\p{L}$/u.test(cell) && !filled.includes(cell))
  const least = isWeak ? -weakOdds : -mostOdds
  // An empty field, a number, or a text that also occurs below may suggest a row of data, but never a header.
  const most = look === emptyLook || isNumber || filled.includes(cell) ? 0 : mostOdds
  return Math.min(most, Math.max(least, odds))
}

/** Logarithm of the odds of a header, judged by whether `cell` is among the texts below it. If most occur once, it proves little. */
function noveltyOdds(cell: string, seen: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const text of seen) counts.set(text, (counts.get(text) ?? 0) + 1)
  const once = [...counts.values()].filter(count => count === 1).length
  if (!counts.has(cell)) return Math.log(((1 - repeatedNames) * (seen.length + 1)) / (once + 1))
  return Math.log(repeatedNames / Math.max((seen.length - once + 0.5) / (seen.length + 1), 0.05))
}

/** Logarithm of the odds that the record is a header, judged by its empty fields and by fields with equal texts. */
function recordOdds(cells: readonly string[], rows: readonly (readonly string[])[]): number {
  const share = (is: (row: readonly string[]) => boolean, usual: number): number =>
    (rows.filter(is).length + assumedValues * usual) / (rows.length + assumedValues)
  const full = share(isFull, 0.6)
  const ambiguous = share(isAmbiguous, 0.2)
  const fullOdds = isFull(cells)
    ? Math.log(fullHeaders / full)
    : Math.min(0, Math.log((1 - fullHeaders) / (1 - full)))
  return (
    fullOdds +
    (isAmbiguous(cells)
      ? Math.log(ambiguousHeaders / ambiguous)
      : Math.log((1 - ambiguousHeaders) / (1 - ambiguous)))
  )
}

const isFull = (row: readonly string[]): boolean => !row.includes('')

/** True if two fields are equal and not empty. */
function isAmbiguous(row: readonly string[]): boolean {
  const filled = row.filter(text => text !== '')
  return new Set(filled).size < filled.length
}

/** A number without its sign, and with a 9 for each run of digits: `9.9` for 12.5. */
export function shapeOf(text: string): string {
  return text.replace(/^[+-]/, '').replace(/\d+/g, '9')
}

// Words that people use as names of columns.

/** Last words of column names that are hardly ever the whole content of a cell, so they point to a header. */
const usualNames: ReadonlySet<string> = new Set([
  ...['id', 'key', 'name', 'label', 'title', 'type', 'category', 'status', 'value', 'description'],
  ...['comment', 'comments', 'note', 'notes', 'date', 'time', 'datetime', 'timestamp', 'symbol'],
  ...['ticker', 'code', 'price', 'volume', 'amount', 'quantity', 'country', 'city', 'address'],
  ...['email', 'url', 'phone', 'age', 'gender'],
  ...['代码', '名称', '日期', '时间', '类型', '编号'],
])
/** Like `usualNames`, but cells consist of these words more often. */
const likelyWords: ReadonlySet<string> = new Set([
  ...['state', 'region', 'group', 'number', 'count', 'year', 'month', 'day', 'text', 'source'],
  ...['author', 'parent', 'size', 'length', 'file', 'path', 'user', 'index', 'rank', 'score'],
  ...['rate', 'total', 'percent', 'product', 'company', 'population', 'latitude', 'longitude'],
])
const longestName = 40

const lastWord = (text: string): string => /[^\s_.-]*$/.exec(text)![0].toLowerCase()

/** True if the last word is a usual name: `name`, `last name`, `user_id`. */
export function isUsualName(text: string): boolean {
  return text.length <= longestName && usualNames.has(lastWord(text))
}

/** Names that programs give to columns without a name: `col1`, `Field 2`. */
const numberedName = /^(?:col|column|field|header|variable|var|字段|列)[ _]?\d{0,4}$/i
/** Chinese names that end in a usual word: `证券代码`, `成交金额(元)`. */
const chineseName =
  /^[\p{sc=Han}\w]{0,8}(?:代码|名称|简称|日期|时间|类型|类别|编号|序号|价|价格|数量|金额|比例|标志|地址|电话|性别|年龄|备注|状态|单位|姓名|城市|国家|地区|省份|公司|行业|板块)(?:[（(][^）)]{1,6}[）)])?$/u

/** Like `isUsualName`; also true for less certain words, for names that programs give, and for Chinese names. */
export function isLikelyName(text: string): boolean {
  if (text.length > longestName) return false
  return (
    isUsualName(text) ||
    likelyWords.has(lastWord(text)) ||
    numberedName.test(text) ||
    chineseName.test(text)
  )
}
