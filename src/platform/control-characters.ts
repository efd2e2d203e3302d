/* Escapes control characters in everything shown to people: terminals act on them, and some reorder text so that two names look alike. */

/** Controls, line and paragraph separators, directional marks and overrides, the byte order mark. */
export const controlCharacters =
  // eslint-disable-next-line no-control-regex -- this file is about control characters
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Characters that look like nothing or like a plain blank, such as a byte order mark, a no-break space and the end mark of DOS. */
export const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

export const escapeOf = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Replaces control characters by escapes. @param kept  control characters to leave unchanged */
export function escapeControls(text: string, kept = ''): string {
  return text.replace(controlCharacters, one => (kept.includes(one) ? one : escapeOf(one)))
}
