/*
  Options as sentences name them.
*/

import { option } from '../errors.js'

/** `` `cells.thousands` "," `` for `{ thousands: ',' }` in the group `cells`; lists and records give a text for each entry. */
export function optionTexts(group: string, options: object): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    valueTexts(value).map(text => `${option(`${group}.${name}`)}${text && ' '}${text}`),
  )
}

function valueTexts(value: unknown): string[] {
  if (value === undefined || value === false) return []
  if (value === true) return ['']
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'string') return [/^\w+$/.test(value) ? value : `"${value}"`]
  if (typeof value !== 'object') return [JSON.stringify(value)]
  return Object.entries(value!).map(([name, text]) => `${name}=${text}`)
}
