/*
  Makes a text that users may paste into an issue, with all findings but nothing that identifies the server.
*/
import type { ServerTarget } from '../load/options.js'
import type { Check, SelftestResult } from './check.js'

const address = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b|\[[0-9a-f:.]+\](?::\d{1,5})?/gi
const hostAndPort = /\b[\w-]+(?:\.[\w-]+)*:\d{2,5}\b/g

/** The text as Markdown. @param checks  in the order of the results */
export function issueText(
  result: SelftestResult,
  version: string,
  checks: readonly Check[],
  server: ServerTarget,
): string {
  const { pass, fail, skipped } = result.counts
  const rows = result.checks.map(({ name, status, reason }) => {
    const check = checks.find(each => each.name === name)
    const depends =
      status === 'fail' && check !== undefined ? `. Depends on it: ${check.dependsOnIt}` : ''
    return `| ${status} | ${name} | ${cell(withoutSecrets(reason, server))}${cell(depends)} |\n`
  })
  return [
    `ddb-ingest ${version} selftest\n\n`,
    `* server: ${cell(withoutSecrets(result.serverVersion ?? 'unknown', server, false))}\n`,
    `* ${pass} passed, ${fail} failed, ${skipped} skipped\n\n`,
    '| | check | found |\n|---|---|---|\n',
    ...rows,
  ].join('')
}

function cell(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
}

/** @param hasAddresses  false for a text without addresses, whose version numbers could be mistaken for addresses */
function withoutSecrets(text: string, server: ServerTarget, hasAddresses = true): string {
  const { host, otherHosts = [], allowRedirect = [], user, password } = server
  const secrets: [string | undefined, string][] = [
    [password, '***'],
    [user, 'USER'],
    ...[host, ...otherHosts.map(other => other.host), ...allowRedirect].map(
      (name): [string, string] => [name, 'HOST'],
    ),
  ]
  let safe = text
  for (const [secret, stand] of secrets) {
    if (secret === undefined || secret === '') continue
    safe = safe.replace(wholeWord(secret), stand)
  }
  return hasAddresses ? safe.replace(address, 'HOST').replace(hostAndPort, 'HOST') : safe
}

/** Matches whole words only, so that a short name does not remove parts of other words. */
function wholeWord(word: string): RegExp {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])`, 'gi')
}
