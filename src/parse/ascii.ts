/* The codes of ASCII characters, for `import * as ascii`. Line ends are in window.ts. */
export const tab = 9
export const blank = 32
export const quote = 34
export const percent = 37
export const apostrophe = 39
export const openParenthesis = 40
export const closeParenthesis = 41
export const plus = 43
export const comma = 44
export const minus = 45
export const point = 46
export const zero = 48
export const nine = 57
export const colon = 58
export const equals = 61
export const openBracket = 91
export const backslash = 92
export const closeBracket = 93
/** In lower case: `byte | 0x20` is this letter in either case. */
export const letterE = 101
export const openBrace = 123
export const closeBrace = 125
