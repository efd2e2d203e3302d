/* The kernel, in AssemblyScript: finds the records of a block 64 bytes at a time, then reads one column after the other. Knows only the
   usual notations, and returns the row at which it gives up; the exact reader reads that cell or record. It therefore has no messages, no
   places and no dialects. The caller gives all addresses. Up to 64 bytes before and after the text must be readable. */

/** Address of position 0 of the text. Places of a block's cells: `starts` and `ends` of row r and field f are at 4 × (r × `fields` + f). */
let base: usize = 0
let starts: usize = 0
let ends: usize = 0
let stride: usize = 0
let rowCount: i32 = 0

/** Addresses of results of the last call besides its return value (int32). Reading them costs less than a call. */
const nullCount: usize = 512
const nextStart: usize = 516
const filledTo: usize = 520
const hasGivenUp: usize = 524

// @ts-ignore: decorator
@inline
function countNull(): void { store<i32>(nullCount, load<i32>(nullCount) + 1) }

/** Memory that `useMemory` names. */
let recordStarts: usize = 0
let recordEnds: usize = 0
let lineNumbers: usize = 0
let others: usize = 0
let header: usize = 0
let separatorsAt: usize = 0
let linesAt: usize = 0
let quotesAt: usize = 0
let textLimit: usize = 0

/**
 * Names the memory of the kernel's block, for all calls: its places, first bytes of records that are given up (256 bytes), the header,
 * room for separators, line ends and quotes of a scan, and the text.
 */
export function useMemory(
  startsAt: usize, endsAt: usize, recordStartsAt: usize, recordEndsAt: usize, lineNumbersAt: usize, othersAt: usize, headerAt: usize,
  separators: usize, lines: usize, quotes: usize, text: usize, textEnd: usize,
): void {
  starts = startsAt
  ends = endsAt
  recordStarts = recordStartsAt
  recordEnds = recordEndsAt
  lineNumbers = lineNumbersAt
  others = othersAt
  header = headerAt
  separatorsAt = separators
  linesAt = lines
  quotesAt = quotes
  base = text
  textLimit = textEnd
}

/** Names the block whose columns are read next. */
export function useBlock(fields: i32, rows: i32): void {
  stride = <usize>fields << 2
  rowCount = rows
}

const lineFeed: u32 = 10
const carriageReturn: u32 = 13

/** Which of 64 bytes are `c`, as bits. */
// @ts-ignore: decorator
@inline
function equal(t0: v128, t1: v128, t2: v128, t3: v128, c: v128): u64 {
  const low = i8x16.bitmask(i8x16.eq(t0, c)) | (i8x16.bitmask(i8x16.eq(t1, c)) << 16)
  const high = i8x16.bitmask(i8x16.eq(t2, c)) | (i8x16.bitmask(i8x16.eq(t3, c)) << 16)
  return <u64><u32>low | (<u64><u32>high << 32)
}

// @ts-ignore: decorator
@inline
function either(text: v128, a: v128, b: v128): v128 { return v128.or(i8x16.eq(text, a), i8x16.eq(text, b)) }

/** Writes the address of each set bit, four at a time without a branch for each. Returns the address after the last. */
// @ts-ignore: decorator
@inline
function addresses(mask: u64, p: usize, out: usize): usize {
  let m = mask
  let w = out
  while (m != 0) {
    store<u32>(w, <u32>(p + <usize>ctz(m)))
    m &= m - 1
    store<u32>(w, <u32>(p + <usize>ctz(m)), 4)
    m &= m - 1
    store<u32>(w, <u32>(p + <usize>ctz(m)), 8)
    m &= m - 1
    store<u32>(w, <u32>(p + <usize>ctz(m)), 12)
    m &= m - 1
    w += 16
  }
  return out + (<usize>popcnt(mask) << 2)
}

let quoteEnd: usize = 0
let lineEnd: usize = 0
let writing: usize = 0
let stop: usize = 0

/**
 * Writes the addresses of delimiters and line feeds outside of quotes, those of the line feeds among them, and those of quotes. Sets
 * `stop` to the first line end that is not LF or CRLF, or lies between quotes.
 * @param quote  −1 if nothing is quoted
 * @returns the address after the last separator
 */
function separators(
  from: usize, to: usize, seps: usize, last: usize, lines: usize, quotes: usize, delimiter: i32, quote: i32,
): usize {
  const l = i8x16.splat(<i8>lineFeed)
  const c = i8x16.splat(<i8>carriageReturn)
  const d = i8x16.splat(<i8>delimiter)
  const q = quote < 0 ? c : i8x16.splat(<i8>quote)
  let out = seps
  let lineOut = lines
  let inside: u64 = 0
  stop = to
  quoteEnd = quotes
  for (let p = from; p < to && out < last; p += 64) {
    const t0 = v128.load(p), t1 = v128.load(p, 16), t2 = v128.load(p, 32), t3 = v128.load(p, 48)
    let lf = equal(t0, t1, t2, t3, l)
    let m = equal(t0, t1, t2, t3, d) | lf
    const odd = v128.or(v128.or(either(t0, q, c), either(t1, q, c)), v128.or(either(t2, q, c), either(t3, q, c)))
    if (inside != 0 || v128.any_true(odd)) {
      const qm = quote < 0 ? 0 : equal(t0, t1, t2, t3, q)
      const cr = equal(t0, t1, t2, t3, c)
      quoteEnd = addresses(qm, p, quoteEnd)
      // Parity of the quotes up to each byte, by prefix XOR.
      let x = qm
      x ^= x << 1
      x ^= x << 2
      x ^= x << 4
      x ^= x << 8
      x ^= x << 16
      x ^= x << 32
      x ^= inside
      inside = <u64>(<i64>x >> 63)
      const alone = cr & ~((lf >> 1) | (<u64>(load<u8>(p, 64) == lineFeed) << 63))
      const wrong = ((lf | cr) & x) | alone
      if (wrong != 0) stop = min(stop, p + <usize>ctz(wrong))
      m &= ~x
    }
    if (to - p < 64) m &= ((<u64>1) << (to - p)) - 1
    lf &= m
    out = addresses(m, p, out)
    lineOut = addresses(lf, p, lineOut)
  }
  lineEnd = lineOut
  return out
}

let delimiter: i32 = 0
let quote: i32 = -1
let isTrailing: i32 = 0
let maxRecordBytes: i32 = 0
let headerBytes: i32 = 0
/** In `others`, the first byte of the header. */
const mayBeHeader: u8 = 2

/** Sets the dialect of `scan`. @param quoteByte  −1 if nothing is quoted @param isTrailed  1 if a delimiter follows the last field */
export function useRules(delimiterByte: i32, quoteByte: i32, isTrailed: i32, mostBytes: i32, headerLength: i32): void {
  delimiter = delimiterByte
  quote = quoteByte
  isTrailing = isTrailed
  maxRecordBytes = mostBytes
  headerBytes = headerLength
  const c = <usize>load<u8>(header)
  if (headerBytes > 0 && load<u8>(others + c) == 0) store<u8>(others + c, mayBeHeader)
}

/**
 * Finds the cells of the records from `from` on, all of which have `fields` fields. Gives up a record with a wrong quote, with another
 * number of fields, line ends inside quotes, or a first byte of `others`. Texts with doubled quotes are written to `scratch`;
 * `filledTo` is the address after them.
 * @returns the first row that was not found; `nextStart` is its start
 */
export function scan(from: usize, to: usize, stopAt: usize, row: i32, rowEnd: i32, fields: i32, line: f64, scratch: usize): i32 {
  const most = <usize>((rowEnd - row) * (fields + isTrailing)) << 2
  const seps = separatorsAt
  const found = separators(from, to, seps, seps + most, linesAt, quotesAt, delimiter, quote)
  // After these, nothing begins or ends, so nobody looks for the end of a list.
  store<u32>(quoteEnd, -1)
  store<u32>(lineEnd, -1)
  const wrongFrom = stop
  const firstBytes = others, starting = starts, ending = ends, zero = base
  const zeros = i32x4.splat(<i32>zero)
  const step = <usize>fields << 2
  let isGivenUp = false
  writing = scratch
  let sep = seps
  let lineAt = linesAt
  let q = quotesAt
  let start = from
  let r = row
  let at = <usize>(row * fields) << 2
  for (; r < rowEnd && start < stopAt && sep + step <= found; r++, at += step) {
    isGivenUp = true
    const other = load<u8>(firstBytes + <usize>load<u8>(start))
    if (other != 0 && (other != mayBeHeader || isHeader(start, header, headerBytes))) break
    const end = <usize>load<u32>(sep + step - 4)
    const lf = <usize>load<u32>(lineAt)
    if (lf >= wrongFrom || <i32>(lf - start) >= maxRecordBytes) break
    let next = sep + step
    if (lf != end) {
      // Only a delimiter after the last field may stand before the line end.
      if (!isTrailing || next >= found || lf != <usize>load<u32>(next)) break
      if (lf != end + 1 && (lf != end + 2 || load<u8>(end, 1) != carriageReturn)) break
      next += 4
    }
    if (<usize>load<u32>(q) < end) {
      q = quotedCells(sep, at, q, start, fields, lf == end)
      if (q == 0) break
    } else {
      // Four cells at a time; up to three more belong to later rows, which follow.
      store<i32>(starting + at, <i32>(start - zero))
      for (let i: usize = 0; i < step; i += 16) {
        const places = i32x4.sub(v128.load(sep + i), zeros)
        v128.store(ending + at + i, places)
        v128.store(starting + at + i, i32x4.add(places, i32x4.splat(1)), 4)
      }
      if (load<u8>(end - 1) == carriageReturn && lf == end) store<i32>(ending + at + step - 4, <i32>(end - 1 - zero))
    }
    isGivenUp = false
    store<i32>(recordStarts + (<usize>r << 2), <i32>(start - zero))
    start = lf + 1
    store<i32>(recordEnds + (<usize>r << 2), <i32>(start - zero))
    store<f64>(lineNumbers + (<usize>r << 3), line)
    line += 1
    sep = next
    lineAt += 4
  }
  store<i32>(nextStart, <i32>start)
  store<i32>(filledTo, <i32>writing)
  store<i32>(hasGivenUp, <i32>isGivenUp)
  return r
}

/** Copies `n` bytes to `writing`, and up to 15 more. */
// @ts-ignore: decorator
@inline
function write(from: usize, n: usize): void {
  for (let i: usize = 0; i < n; i += 16) v128.store(writing + i, v128.load(from + i))
  writing += n
}

/**
 * Writes the places of a record's cells, some of which are quoted, from offset `at` on; those without their doubled quotes are texts from
 * `writing` on.
 * @param sep  where the ends of the cells are
 * @param q  where the record's first quote is
 * @param isLast  whether the last cell is the last of its line
 * @returns where the next record's first quote is; 0 to give up
 */
// @ts-ignore: decorator
@inline
function quotedCells(sep: usize, at: usize, q: usize, start: usize, fields: i32, isLast: bool): usize {
  const from = writing
  const zero = base, starting = starts, ending = ends
  for (let s = start, f = 1; f <= fields; f++, at += 4, sep += 4) {
    const e = <usize>load<u32>(sep)
    let first = s
    let end = e
    s = e + 1
    if (f == fields && isLast && end > first && load<u8>(end - 1) == carriageReturn) end--
    if (<usize>load<u32>(q) < end) {
      end--
      if (<usize>load<u32>(q) != first || end <= first || load<u8>(end) != <u8>quote) break
      first++
      q += 4
      let quoteAt = <usize>load<u32>(q)
      if (quoteAt != end) {
        // Each quote inside is doubled; one of the two is written.
        const to = writing
        let copied = first
        while (quoteAt < end) {
          if (<usize>load<u32>(q, 4) != quoteAt + 1 || quoteAt + 1 >= end) break
          const n = quoteAt + 1 - copied
          if (writing + n + (end - quoteAt) > textLimit) break
          write(copied, n)
          copied = quoteAt + 2
          q += 8
          quoteAt = <usize>load<u32>(q)
        }
        if (quoteAt != end) break
        write(copied, end - copied)
        first = to
        end = writing
      }
      q += 4
    }
    store<i32>(starting + at, <i32>(first - zero))
    store<i32>(ending + at, <i32>(end - zero))
    if (f == fields) return q
  }
  writing = from
  return 0
}

function isHeader(start: usize, header: usize, length: i32): bool {
  const c = <u32>load<u8>(start + <usize>length)
  return (c == lineFeed || c == carriageReturn) && memory.compare(start, header, <usize>length) == 0
}

// @ts-ignore: decorator
@inline
function isAt(p: usize, text: usize, length: i32): bool {
  let i: i32 = 0
  for (; length - i >= 16; i += 16) {
    if (!i8x16.all_true(i8x16.eq(v128.load(p + <usize>i), v128.load(text + <usize>i)))) return false
  }
  const same = <u32>i8x16.bitmask(i8x16.eq(v128.load(p + <usize>i), v128.load(text + <usize>i)))
  return (~same & ((<u32>1 << (length - i)) - 1)) == 0
}

/** True for a JSON number of `n` characters (1 to 15), the first of which is `c`, without an exponent. */
// @ts-ignore: decorator
@inline
function isNumber(text: v128, n: u32, c: u32): bool {
  const digits = <u32>i8x16.bitmask(i8x16.le_u(i8x16.sub(text, i8x16.splat(48)), i8x16.splat(9)))
  const points = <u32>i8x16.bitmask(i8x16.eq(text, i8x16.splat(46))) & ((<u32>1 << n) - 1)
  const sign = <u32>(c == 45)
  // It begins and ends with a digit, and has no more than one point.
  if (((digits >> sign) & (digits >> (n - 1)) & 1) == 0 || (points & (points - 1)) != 0) return false
  if (<u32>ctz(~(digits | points | sign)) < n) return false
  // A leading zero stands alone before the point or the end.
  const zeroAt = <u32>ctz(i8x16.bitmask(i8x16.eq(text, i8x16.splat(48))) | 0x10000)
  return zeroAt != sign || n == sign + 1 || ((points >> sign) & 2) != 0
}

/** Kinds of JSON values, as parse/json/json-kinds.ts has them. */
const anyKind: i32 = -1
const booleanKind: i32 = 2
const numberKind: i32 = 4
const stringKind: i32 = 8

/**
 * Finds the values of JSON records of one shape: at the address `template` the number of values, and 16 bytes later for each value the
 * address and length of the text before it, its field (−1 for none) and kinds; after the last value, the text after it. The first text
 * begins with `lead` bytes that stand between two records.
 * @param line  of the first record @param lines  line ends from one record to the next
 * @returns the first row that was not found; `nextStart` is the place after the record before it
 */
export function jsonRecords(
  from: usize, to: usize, stopAt: usize, row: i32, rowEnd: i32, fields: i32, line: f64, lines: f64, template: usize, lead: usize,
  mostBytes: i32,
): i32 {
  const values = load<i32>(template)
  const starting = starts, ending = ends, zero = base
  const quotes = i8x16.splat(34), escapes = i8x16.splat(92), controls = i8x16.splat(31)
  let start = from
  let r = row
  for (; r < rowEnd && start + lead < stopAt; r++) {
    const cells = <usize>(r * fields) << 2
    let p = start
    let part = template + 16
    let isWhole = false
    for (let i: i32 = 0; ; i++, part += 16) {
      const length = load<i32>(part, 4)
      if (!isAt(p, <usize>load<u32>(part), length)) break
      p += <usize>length
      isWhole = i == values
      if (isWhole || p >= to) break
      const c = <u32>load<u8>(p)
      let kind: i32 = 0
      let first = p
      let end: usize
      if (c == 34) {
        kind = stringKind
        first = ++p
        let found: u32 = 0
        for (; p < to; p += 16) {
          const text = v128.load(p)
          const odd = v128.or(v128.or(i8x16.eq(text, quotes), i8x16.eq(text, escapes)), i8x16.le_u(text, controls))
          found = <u32>i8x16.bitmask(odd)
          if (found != 0) break
        }
        p += <usize>ctz(found | 0x10000)
        if (load<u8>(p) != 34) break
        end = p++
      } else if (c == 45 || c - 48 <= 9) {
        kind = numberKind
        const text = v128.load(p)
        const n = <u32>ctz(i8x16.bitmask(i8x16.eq(text, i8x16.splat(load<i8>(<usize>load<u32>(part, 16))))))
        if (n > 15 || !isNumber(text, n, c)) break
        p += <usize>n
        end = p
      } else {
        const word = load<u32>(p)
        p += 4
        if (word == 0x6c6c756e) kind = anyKind
        else if (word == 0x65757274) kind = booleanKind
        else if (word == 0x736c6166 && load<u8>(p) == 101) {
          kind = booleanKind
          p++
        } else break
        end = kind == anyKind ? first : p
      }
      if ((load<i32>(part, 12) & kind) == 0) break
      const field = load<i32>(part, 8)
      if (field >= 0) {
        const at = cells + (<usize>field << 2)
        store<i32>(starting + at, <i32>(first - zero))
        store<i32>(ending + at, <i32>(end - zero))
      }
    }
    if (!isWhole || p > to || <i32>(p - start - lead) > mostBytes) break
    store<i32>(recordStarts + (<usize>r << 2), <i32>(start + lead - zero))
    store<i32>(recordEnds + (<usize>r << 2), <i32>(p - zero))
    store<f64>(lineNumbers + (<usize>r << 3), line)
    line += lines
    start = p
  }
  store<i32>(nextStart, <i32>start)
  return r
}

/** From `lastBytes + n` on: 16 bytes of which the last `n` are set. */
const lastBytes = memory.data<u64>([0, 0, -1, -1])
const powers = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15])
const wholePowers = memory.data<i64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
])

/** The number of 16 digits, one in each byte. */
// @ts-ignore: decorator
@inline
function combined(digits: v128): i64 {
  const twos = i16x8.add(i16x8.mul(v128.and(digits, i16x8.splat(255)), i16x8.splat(10)), i16x8.shr_u(digits, 8))
  const fours = i32x4.dot_i16x8_s(twos, i16x8(100, 1, 100, 1, 100, 1, 100, 1))
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1))
  const both = i64x2.extract_lane(eights, 0)
  return (both & 0xffffffff) * 100000000 + (both >>> 32)
}

/** A text of `n` digits (1 to 16) before `end` as a number; −1 for any other text. */
// @ts-ignore: decorator
@inline
function whole(end: usize, n: i32): i64 {
  if (<u32>(n - 1) > 15) return -1
  const digits = v128.and(i8x16.sub(v128.load(end - 16), i8x16.splat(48)), v128.load(lastBytes + <usize>n))
  return v128.any_true(i8x16.sub_sat_u(digits, i8x16.splat(9))) ? -1 : combined(digits)
}

/** A text of at most 16 digits with or without a point: 16 × its digits as a whole number + how many follow the point; −1 for any other. */
// @ts-ignore: decorator
@inline
function number(start: usize, end: usize): i64 {
  const n = <i32>(end - start)
  if (<u32>(n - 1) > 16) return -1
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  const text = v128.load(end - 16)
  const kept = v128.load(lastBytes + <usize>min(n, 16))
  const point = 31 - <i32>clz(i8x16.bitmask(v128.and(i8x16.eq(text, i8x16.splat(46)), kept)))
  // The digits before the point move into its place.
  const moved = i8x16.add(places, i8x16.le_s(places, i8x16.splat(<i8>point)))
  const digits = i8x16.swizzle(v128.and(i8x16.sub(text, i8x16.splat(48)), kept), moved)
  if (v128.any_true(i8x16.sub_sat_u(digits, i8x16.splat(9))) || (n == 1 && point >= 0)) return -1
  let v = combined(digits)
  if (n == 17) {
    const first = <i64>load<u8>(start) - 48
    if (<u64>first > 9 || point < 0) return -1
    v += first * 1000000000000000
  }
  return (v << 4) | <i64>((15 - point) & 15)
}

// @ts-ignore: decorator
@inline
function isSign(c: u32): bool { return ((c - 43) & ~2) == 0 }

// @ts-ignore: decorator
@inline
function put(out: usize, width: i32, value: i64): void {
  if (width == 8) store<i64>(out, value)
  else if (width == 4) store<i32>(out, <i32>value)
  else if (width == 2) store<i16>(out, <i16>value)
  else store<i8>(out, <i8>value)
}

/** Where row `from` has the start of field `f`. No cell is null yet. */
// @ts-ignore: decorator
@inline
function firstCell(f: i32, from: i32): usize {
  store<i32>(nullCount, 0)
  return starts + (<usize>f << 2) + <usize>from * stride
}

/**
 * Whole numbers from `lowest` to `highest`, each times `factor` and divided by `divisor` without a rest. Row 0 of the block belongs to
 * `out`, as in all readers of columns.
 * @param width  bytes of an element: 1, 2, 4 or 8
 * @returns the row at which the column was given up; the number of rows if it was not
 */
export function integers(
  f: i32, from: i32, out: usize, width: i32, lowest: i64, highest: i64, factor: i64, divisor: i64, none: i64,
): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  let to = out + <usize>(from * width)
  for (let r = from; r < rows; r++, at += step, to += width) {
    const first = load<i32>(at), last = load<i32>(at + toEnds)
    const start = base + <usize>first
    const end = start + <usize>(last - first)
    if (start == end) {
      countNull()
      put(to, width, none)
      continue
    }
    const sign = <u32>load<u8>(start)
    let v = whole(end, <i32>(end - start) - <i32>isSign(sign))
    if (v < 0) return r
    if (sign == 45) v = -v
    if (v < lowest || v > highest) return r
    v *= factor
    if (divisor != 1) {
      if (v % divisor != 0) return r
      v /= divisor
    }
    put(to, width, v)
  }
  return rows
}

/** Decimal numbers of at most `scale` digits after the point, times 10^`scale`. */
export function fixedPoints(f: i32, from: i32, out: usize, width: i32, lowest: i64, highest: i64, scale: i32, none: i64): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  let to = out + <usize>(from * width)
  for (let r = from; r < rows; r++, at += step, to += width) {
    const first = load<i32>(at), last = load<i32>(at + toEnds)
    const start = base + <usize>first
    const end = start + <usize>(last - first)
    if (start == end) {
      countNull()
      put(to, width, none)
      continue
    }
    const sign = <u32>load<u8>(start)
    const found = number(start + <usize>isSign(sign), end)
    const more = scale - <i32>(found & 15)
    if (found < 0 || more < 0 || <i32>(end - start) + more > 17) return r
    let v = (found >> 4) * load<i64>(wholePowers + (<usize>more << 3))
    if (sign == 45) v = -v
    if (v < lowest || v > highest) return r
    put(to, width, v)
  }
  return rows
}

/** DOUBLE, or FLOAT with a width of 4. Gives up a number that one correctly rounded division does not give. */
export function floats(f: i32, from: i32, out: usize, width: i32, none: f64): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  let to = out + <usize>(from * width)
  for (let r = from; r < rows; r++, at += step, to += width) {
    const first = load<i32>(at), last = load<i32>(at + toEnds)
    const start = base + <usize>first
    const end = start + <usize>(last - first)
    let value = none
    if (start == end) countNull()
    else {
      const sign = <u32>load<u8>(start)
      const found = number(start + <usize>isSign(sign), end)
      if (found < 0 || found >> 4 > 9007199254740992) return r
      value = <f64>(found >> 4) / load<f64>(powers + (<usize>(found & 15) << 3))
      if (sign == 45) value = -value
    }
    if (width == 8) store<f64>(to, value)
    else {
      // Halfway between two singles, and below the smallest normal single, rounding twice may differ from rounding once.
      if (start != end && ((reinterpret<u64>(value) & 0x1fffffff) == 0x10000000 || (value != 0 && abs(value) < 1.2e-38))) return r
      store<f32>(to, <f32>value)
    }
  }
  return rows
}

/** BOOL: `true` and `false` in any case, 1, 0. */
export function truths(f: i32, from: i32, out: usize, none: i32): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  for (let r = from; r < rows; r++, at += step) {
    const first = load<i32>(at), last = load<i32>(at + toEnds), n = last - first
    const start = base + <usize>first
    let value: i32
    if (n == 0) {
      countNull()
      value = none
    } else if (n == 1) {
      value = <i32>load<u8>(start) - 48
      if (value != 0 && value != 1) return r
    } else {
      const word = load<u32>(start) | 0x20202020
      if (n == 4 && word == 0x65757274) value = 1
      else if (n == 5 && word == 0x736c6166 && (load<u8>(start, 4) | 0x20) == 0x65) value = 0
      else return r
    }
    store<i8>(out + <usize>r, <i8>value)
  }
  return rows
}

/** For each month: the days of the year before it, and its days in a year without a leap day. */
const daysBefore = memory.data<u16>([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])
const monthDays = memory.data<u8>([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
/** Days from 0000-01-01 to 1970-01-01. */
const daysTo1970: i32 = 719528

/**
 * Times of one layout (parse/times/time-reader.ts), with or without a date. The layout is 12 vectors of 16 bytes: text, limits and length
 * mask of the first 16 bytes, of the next 16; places of the digits of year to second in both halves, their defaults; places of the fraction
 * in both halves; then the length of a text. The digits of a fraction that the type has are the last ones; those that it lacks come first.
 * @param perSecond  units of the type in a second; 0 if a unit is `seconds`
 * @param hasDate  0 for types that count from midnight
 */
export function times(
  f: i32, from: i32, out: usize, width: i32, layout: usize, perSecond: i64, seconds: i32, hasDate: i32, none: i64,
): i32 {
  const length = load<i32>(layout, 176)
  const text0 = v128.load(layout), limit0 = v128.load(layout, 16), keep0 = v128.load(layout, 32)
  const text1 = v128.load(layout, 48), limit1 = v128.load(layout, 64), keep1 = v128.load(layout, 80)
  const fields0 = v128.load(layout, 96), fields1 = v128.load(layout, 112), defaults = v128.load(layout, 128)
  const fraction0 = v128.load(layout, 144), fraction1 = v128.load(layout, 160)
  const isLong = length > 16
  const perDay = perSecond > 0 ? perSecond * 86400 : <i64>(86400 / seconds)
  const mostParts = max<i64>(perSecond, 1)
  // Of century, year, month, day, hour, minute, second.
  const highest = i16x8(99, 99, 12, 31, 23, 59, 59, 0)
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  let to = out + <usize>(from * width)
  for (let r = from; r < rows; r++, at += step, to += width) {
    const first = load<i32>(at), last = load<i32>(at + toEnds), n = last - first
    const start = base + <usize>first
    if (n == 0) {
      countNull()
      put(to, width, none)
      continue
    }
    if (n != length) return r
    const x = v128.and(v128.xor(v128.load(start), text0), keep0)
    let digits = v128.or(i8x16.swizzle(x, fields0), defaults)
    let fraction = i8x16.swizzle(x, fraction0)
    let over = i8x16.sub_sat_u(x, limit0)
    if (isLong) {
      const y = v128.and(v128.xor(v128.load(start, 16), text1), keep1)
      digits = v128.or(digits, i8x16.swizzle(y, fields1))
      fraction = v128.or(fraction, i8x16.swizzle(y, fraction1))
      over = v128.or(over, i8x16.sub_sat_u(y, limit1))
    }
    const pairs = i16x8.add(i16x8.mul(v128.and(digits, i16x8.splat(255)), i16x8.splat(10)), i16x8.shr_u(digits, 8))
    over = v128.or(over, i16x8.sub_sat_u(pairs, highest))
    // Neither a month nor a day is 0.
    over = v128.or(over, i16x8.sub_sat_u(i16x8(0, 0, 1, 1, 0, 0, 0, 0), pairs))
    if (v128.any_true(over)) return r
    const sums = i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 0, 0, 3600, 60, 1, 0))
    const timeOfDay = i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3)
    const parts = combined(fraction)
    if (parts >= mostParts) return r
    let value = <i64>timeOfDay
    if (perSecond > 0) value = value * perSecond + parts
    else {
      if (timeOfDay % seconds != 0) return r
      value = <i64>(timeOfDay / seconds)
    }
    if (hasDate) {
      const century = <i32>i16x8.extract_lane_u(pairs, 0), yearOfCentury = <i32>i16x8.extract_lane_u(pairs, 1)
      const month = <usize>i16x8.extract_lane_u(pairs, 2), day = <i32>i16x8.extract_lane_u(pairs, 3)
      const isLeap = (yearOfCentury & 3) == 0 && (yearOfCentury != 0 || (century & 3) == 0)
      if (day > <i32>load<u8>(monthDays + month) + <i32>(isLeap && month == 2)) return r
      const leapDays = century * 24 + (century >> 2) + (yearOfCentury >> 2) - <i32>(isLeap && month < 3)
      const days = i32x4.extract_lane(sums, 0) * 365 + leapDays + <i32>load<u16>(daysBefore + 2 * month) + day - daysTo1970
      if (perSecond == 1000000000 && (days < -106000 || days > 106000)) return r
      value += <i64>days * perDay
    }
    if (width == 4 && (value > 2147483647 || value < -2147483647)) return r
    put(to, width, value)
  }
  return rows
}

const slotBytes: usize = 48
const longestSymbol: i32 = 32

/** The slot of the text, or the empty slot where it belongs. */
// @ts-ignore: decorator
@inline
function slotOf(start: usize, n: i32, table: usize, mask: usize): usize {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  const a = v128.and(v128.load(start), i8x16.lt_s(places, i8x16.splat(<i8>n)))
  const b = n <= 16 ? i64x2.splat(0) : v128.and(v128.load(start, 16), i8x16.lt_s(places, i8x16.splat(<i8>(n - 16))))
  let h = i64x2.extract_lane(a, 0) ^ (i64x2.extract_lane(a, 1) * 0x2545f4914f6cdd1d)
  if (n > 16) h = (h * 0x9e3779b97f4a7c15) ^ i64x2.extract_lane(b, 0) ^ (i64x2.extract_lane(b, 1) * 0x2545f4914f6cdd1d)
  let slot = <usize>((h * 0x9e3779b97f4a7c15) >>> 40) & mask
  for (;;) {
    const at = table + slot * slotBytes
    const length = load<i32>(at, 32)
    if (length == 0) return at
    if (length == n && i8x16.all_true(i8x16.eq(v128.load(at), a)) && (n <= 16 || i8x16.all_true(i8x16.eq(v128.load(at, 16), b)))) return at
    slot = (slot + 1) & mask
  }
  return 0
}

/** Codes of texts of 1 to 32 bytes that the table knows. A slot of the table: text (32 bytes), length, code, or 0 for none. */
export function symbols(f: i32, from: i32, out: usize, table: usize, mask: i32): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  for (let r = from; r < rows; r++, at += step) {
    const first = load<i32>(at), last = load<i32>(at + toEnds), n = last - first
    const start = base + <usize>first
    const to = out + (<usize>r << 2)
    if (n == 0) {
      countNull()
      store<i32>(to, 0)
      continue
    }
    if (n > longestSymbol) return r
    const code = load<i32>(slotOf(start, n, table, <usize>mask), 36)
    if (code == 0) return r
    store<i32>(to, code)
  }
  return rows
}

/** Adds a text of 1 to 32 bytes to the table. Returns the address of its slot. */
export function learn(start: usize, n: i32, table: usize, mask: i32, code: i32): usize {
  const slot = slotOf(start, n, table, <usize>mask)
  memory.fill(slot, 0, 32)
  memory.copy(slot, start, <usize>n)
  store<i32>(slot, n, 32)
  store<i32>(slot, code, 36)
  return slot
}

/**
 * True if the text is UTF-8 without U+0000 (Keiser and Lemire, Validating UTF-8 in less than one instruction per byte, 2021): three tables give the errors
 * that a half byte allows, and an error is what all three allow. Their bits: 1 a lead byte without its next byte, 2 a next byte without a
 * lead byte, 4 and 32 and 64 longer than needed, 8 and 64 above U+10FFFF, 16 half of a pair of UTF-16, 128 a second next byte.
 */
function isText(start: usize, n: i32): bool {
  const firstHigh = i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73)
  const firstLow = i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53)
  const secondHigh = i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1)
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  let before = i64x2.splat(0), wrong = before
  // Zeros follow the text, at least one.
  for (let i: i32 = 0; i <= n; i += 16) {
    const kept = i8x16.lt_s(places, i8x16.splat(<i8>min(n - i, 16)))
    const text = v128.and(v128.load(start + <usize>i), kept)
    wrong = v128.or(wrong, v128.and(kept, i8x16.eq(text, i64x2.splat(0))))
    const one = v128.shuffle<i8>(before, text, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
    const two = v128.shuffle<i8>(before, text, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
    const three = v128.shuffle<i8>(before, text, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)
    const low = i8x16.swizzle(firstLow, v128.and(one, i8x16.splat(15)))
    const high = v128.and(i8x16.swizzle(firstHigh, i8x16.shr_u(one, 4)), i8x16.swizzle(secondHigh, i8x16.shr_u(text, 4)))
    // The third byte of three and the third and fourth of four are second next bytes.
    const later = v128.or(i8x16.sub_sat_u(two, i8x16.splat(0x60)), i8x16.sub_sat_u(three, i8x16.splat(0x70)))
    wrong = v128.or(wrong, v128.xor(v128.and(low, high), v128.and(later, i8x16.splat(-128))))
    before = text
  }
  return !v128.any_true(wrong)
}

/** Texts in UTF-8, each with a byte 00 after it, as far as they fit between `out` and `limit`; `filledTo` is the address after them. */
export function texts(f: i32, from: i32, out: usize, limit: usize, maxBytes: i32): i32 {
  const step = stride, rows = rowCount, toEnds = ends - starts
  let at = firstCell(f, from)
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  let to = out
  let r = from
  for (; r < rows; r++, at += step) {
    const first = load<i32>(at), last = load<i32>(at + toEnds), n = last - first
    const start = base + <usize>first
    if (n > maxBytes || to + <usize>n + 33 > limit) break
    if (n == 0) countNull()
    let i: i32 = 0
    let odd = i64x2.splat(0)
    for (; n - i > 16; i += 16) {
      const text = v128.load(start + <usize>i)
      v128.store(to + <usize>i, text)
      odd = v128.or(odd, i8x16.le_s(text, i64x2.splat(0)))
    }
    const text = v128.load(start + <usize>i)
    v128.store(to + <usize>i, text)
    odd = v128.or(odd, v128.and(i8x16.le_s(text, i64x2.splat(0)), i8x16.lt_s(places, i8x16.splat(<i8>(n - i)))))
    if (v128.any_true(odd) && !isText(start, n)) break
    to += <usize>n
    store<u8>(to, 0)
    to++
  }
  store<i32>(filledTo, <i32>to)
  return r
}
