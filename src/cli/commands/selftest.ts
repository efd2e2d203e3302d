/* `selftest`: tests whether a server behaves as the rest of the program expects, and reports the findings. */
import type { ServerTarget } from '../../load/options.js'
import { systemPlatform } from '../../platform/system-files.js'
import { issueText, type CheckResult, type SelftestResult } from '../../selftest/check.js'
import { allChecks, selftest } from '../../selftest/selftest.js'
import { version } from '../../version.js'
import { openResultFile } from '../files/output-files.js'
import { onServer } from '../options/login.js'
import type { Settings } from '../options/options.js'
import { clean, counted, jsonLine, type Output, wrapped } from '../output/output.js'
import type { Call } from './command.js'

const failedExitCode = 1

/** @returns the exit code @throws {DdbError} if connecting or the login fails; with `--json` prints the error first */
export async function run(settings: Settings<'selftest'>, call: Call): Promise<number> {
  const { output } = call
  const object = settings.printJson && objectOf(nothing, 0)
  return onServer(settings, [], call, object, async (server, begin) => {
    const textOf = (ended: SelftestResult & { exitCode: number; server: ServerTarget }): string =>
      issueText(ended, version, allChecks, ended.server)
    const content = { name: 'text for an issue', textOf } as const
    const { issueText: path } = settings
    await using issueFile = path === undefined ? path : await openResultFile(path, content)
    const interruption = begin()
    const found = await selftest({
      server,
      platform: systemPlatform,
      timeoutMs: settings.timeLimit,
      signal: interruption.signal,
    })
    const result = output.withoutSecrets(found)
    const exitCode = interruption.exitCode ?? (result.counts.fail > 0 ? failedExitCode : 0)
    if (settings.printJson) await output.writeData(jsonLine(objectOf(result, exitCode)))
    else await printChecks(result, output)
    if (interruption.exitCode !== undefined) output.problem('interrupted')
    const ended = { ...result, exitCode, server }
    await issueFile?.write(ended, output)
    return ended.exitCode
  })
}

const objectOf = ({ serverVersion, counts, checks, left }: SelftestResult, exitCode: number) => ({
  ...{ schema: 'ddb-ingest/selftest/1', version, exitCode },
  ...{ serverVersion, counts, checks, left, error: null },
})

const nothing = {
  serverVersion: null,
  counts: { pass: 0, fail: 0, skipped: 0 },
  checks: [],
  left: [],
}

const statusWidth = 7

async function printChecks(
  { checks, counts, left, serverVersion }: SelftestResult,
  output: Output,
): Promise<void> {
  for (const check of checks.filter(({ status }) => status === 'fail')) {
    if (!(await output.write(textOf(check, output)))) return
  }
  const found = `${counts.pass} passed, ${counts.fail} failed, ${counts.skipped} skipped`
  const server = serverVersion === null ? 'a server of unknown version' : `server ${serverVersion}`
  const total = counted(checks.length, 'check')
  const text = clean(`${total} on ${server}: ${found} (--json shows each).`)
  const sentence = wrapped(text, output.resultColumns ?? Infinity)
  await output.write(sentence.map(line => `${line}\n`).join(''))
  if (left.length > 0) output.note(`may still be on the server: ${left.join(', ')}`, 'yellow')
}

function textOf({ name, status, reason }: CheckResult, output: Output): string {
  const check = allChecks.find(each => each.name === name)
  const texts = [`${name}: ${reason}`, `depends on it: ${check?.dependsOnIt}`]
  const indent = ' '.repeat(statusWidth + 2)
  const lines = texts.flatMap(text =>
    wrapped(clean(text), (output.resultColumns ?? Infinity) - indent.length),
  )
  const painted = output.paintResult('red', status.padEnd(statusWidth))
  return lines.map((line, i) => `${i === 0 ? `${painted}  ` : indent}${line}\n`).join('')
}
