/* Texts that try to break out of a name or a value: they end a literal, begin a statement, or move the cursor of a terminal. */
import fc from 'fast-check'

const scriptPieces: readonly string[] = [
  ...'" \' ` `` \\ \\" ; , . .. ( ) { } [ ] "); /* */ // # $ ${1+1} %s :: ! = -> 测试'.split(' '),
  ...['"); undef(all) //', '`); shutdown(); `', ' as x', ' where 1=1', ' limit 1', '\ngo\n'],
  ...['\n', '\r\n', '\u2028', '\0', '\u00e9', '\ud83d\ude00', '\ud800', '\u200b', '\uff02'],
]

/** Sequences that a terminal acts on: ESC, CSI, OSC, BEL, CR, C1 controls, characters that reorder text. */
const terminalPieces: readonly string[] = [
  ...['\u001b', '\u001b[2J', '\u001b[31m', '\u001b[6n', '\u001b]0;title\u0007'],
  ...['\u001b]52;c;aGk=\u001b\\', '\u001b]8;;http://a\u0007', '\u001bP$q\u001b\\', '\u009b2J'],
  ...['\u009d0;title\u009c', '\u0007', '\b\b', '\r', '\u007f', '\u0085', '\u061c', '\u202e'],
  ...['\u202a', '\u2066', '\u2069', '\u200f'],
]

const words: readonly string[] = ['a', 'trades', 'id', 'x1', '_', '9', '-', ' ']

const textOf = (pieces: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...pieces) },
        { weight: 2, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      ),
      { minLength: 1, maxLength },
    )
    .map(parts => parts.join(''))

export const scriptText: fc.Arbitrary<string> = textOf(scriptPieces, 6)

export const terminalText: fc.Arbitrary<string> = textOf(terminalPieces, 5)

// Line feeds and tabs are harmless.
const acting =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** The first character on which a terminal would act, in the form `u001b`; undefined if there is none. */
export function actingIn(text: string): string | undefined {
  const found = acting.exec(text)?.[0]
  return found && `u${found.charCodeAt(0).toString(16).padStart(4, '0')} in ${JSON.stringify(text)}`
}
