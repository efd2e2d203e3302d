/*
  A load that sends nothing: it uses the same inputs, readers, conversion and target, and reports what would happen to the rows.
*/
import { DdbError, InputError, TimeoutError, UsageError, type ErrorCode } from '../../errors.js'
import type { Platform } from '../../platform/platform.js'
import { systemPlatform } from '../../platform/system.js'
import { withArchives } from '../../source/archive/archives.js'
import type { TargetDescription } from '../target/describe-target.js'
import { abandon, runPipeline } from '../pipeline.js'
import { findTarget } from '../target/find-target.js'
import { hasTransform } from '../target/target.js'
import type { LoadOptions } from '../options.js'
import { checkedOptions, type CheckedOptions } from '../checked-options.js'
import { unmetCount } from '../result.js'
import { newRun, type Run } from '../run.js'
import type { CheckOptions, CheckResult } from './check-result.js'
import { newCheckObserver, type CheckObserver } from './check-observer.js'
import { makeCheckResult } from './make-check-result.js'

/** Limit of different notices to keep; no run has so many. */
const maxNotices = 100

const noTarget: TargetDescription = { columns: [], keyed: false }

/**
 * Reads the inputs as `load` would, against the target's columns, and writes nothing: no row, table, journal or rejects
 * file. It does not test whether the user may write.
 * @returns what would happen to the rows, including failures (`error`, `exitCode`); if the server cannot be asked, the
 *   result still shows how the inputs are read. The promise rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export function check(options: CheckOptions): Promise<CheckResult> {
  return checkOn(systemPlatform, options)
}

export async function checkOn(platform: Platform, options: CheckOptions): Promise<CheckResult> {
  const { sampleRows = Infinity, journal: _, expectRows, ...given } = options
  if (sampleRows !== Infinity && !(Number.isSafeInteger(sampleRows) && sampleRows > 0)) {
    throw new UsageError('DDB_USAGE', `\`sampleRows\` is a whole number above 0, not ${sampleRows}`)
  }
  if (options.input?.follow === true) {
    throw new UsageError('DDB_USAGE', '`input.follow` has no end to check: leave it out here')
  }
  const checked = checkedOptions(options, platform.random)
  const notices = new Set<string>()
  const onNotice = (notice: string): void => void (notices.size < maxNotices && notices.add(notice))
  let target: TargetDescription | undefined
  const look = newCheckObserver(given, sampleRows, () => target !== undefined)
  const run = newRun({ ...given, onNotice }, lookingOptions(checked), withFiles(platform), {
    watch: look,
  })
  let missing: DdbError | undefined
  const { inputs, misuse } = await runPipeline(run, {
    async open(_, opened) {
      missing = await failureOf(async () => {
        target = (await findTarget(run, session => (opened.control = session)))[1]
      })
      // A server that ignores a query would also ignore the closing of the connection.
      if (missing instanceof TimeoutError) abandon(opened, missing)
      if (missing instanceof UsageError && opened.control === undefined) throw missing
      opened.delivery = look.delivery(run, target)
      return { target: target ?? noTarget, delivery: opened.delivery }
    },
    finish() {
      for (const failure of [missing, ...unfitFailures(look)])
        if (failure !== undefined) run.ending.fail(failure)
      return Promise.resolve()
    },
    fail: error => run.ending.fail(error),
  })
  if (misuse !== undefined) throw misuse
  if (!run.ending.stopped) failUnlessExpected(run, look, expectRows)
  return makeCheckResult(run, { look, checked, target, inputs, notices: [...notices] })
}

function withFiles(platform: Platform): Platform {
  return { ...platform, files: withArchives(platform.files) }
}

/** The same options, except that the run continues after rejects and keeps none of them. */
function lookingOptions(checked: CheckedOptions): CheckedOptions {
  return { ...checked, onError: 'skip', maxErrors: { share: 1 }, rejectsFile: undefined }
}

async function failureOf(action: () => Promise<void>): Promise<DdbError | undefined> {
  try {
    await action()
    return undefined
  } catch (error) {
    if (error instanceof DdbError) return error
    throw error
  }
}

/** Failures of inputs that do not fit the target. If there are none and every row was rejected: the first reject. */
function unfitFailures({ inputs, fitRows, unfitRows, problems }: CheckObserver): DdbError[] {
  const failures = inputs.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  const [first] = problems
  if (failures.length > 0 || first === undefined || fitRows + unfitRows > 0) return failures
  const { file, lineNumber, offsetBytes, code, message } = first
  const position = { file, lineNumber, offsetBytes }
  const text = `no row would load; the first one: ${file}, line ${lineNumber}: ${message}`
  return [new InputError(code as ErrorCode, text, position)]
}

function failUnlessExpected(
  run: Run,
  look: CheckObserver,
  expected: LoadOptions['expectRows'],
): void {
  const { fitRows, inputs } = look
  // Only a load shows how many rows the transform keeps.
  if (hasTransform(run.checked)) return
  const wanted = unmetCount(expected, fitRows)
  if (wanted === undefined) return
  if (!inputs.every(({ isWhole }) => isWhole)) return
  const message = `expected ${wanted}, ${fitRows} would be delivered`
  run.ending.fail(new DdbError('DDB_EXPECTATION', message))
}
