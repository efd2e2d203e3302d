/*
  `plan`: writes a file with units of work, which many processes then load together.
*/
import { resolve } from 'node:path'
import { UsageError } from '../../errors.js'
import { dfsBatch } from '../../load/defaults.js'
import { makeManifest } from '../../load/fleet/make-manifest.js'
import { checksum, type Manifest } from '../../load/fleet/manifest.js'
import { writtenPath } from '../../load/fleet/planned-files.js'
import { unitBytes } from '../../load/fleet/shards.js'
import { expandInputs } from '../../load/inputs/expand-inputs.js'
import { systemPlatform } from '../../platform/system.js'
import { sourceNotices } from '../../source/expand-sources.js'
import { version } from '../../version.js'
import { checkPlanPlace, writePlanFile } from '../files/plan-file.js'
import type { PlanSettings } from '../options/command-options.js'
import { planInputOptions } from '../options/command-options.js'
import { fieldsOf } from '../options/reading/definition.js'
import { withFlags } from '../options/reading/field-flags.js'
import { failureOf, writeFailed } from '../output/print-failure.js'
import { bytesText, clean, counted, jsonLine } from '../output/terminal-text.js'
import type { Call } from './command.js'
import { inputsOf } from './inputs-of.js'

/** A unit of this size loads in a few minutes. If a process is killed, another process must repeat its unit. */
const defaultUnitBytes = 256 * 1024 * 1024

/** Printed by `--json`; every field is always present. */
interface PlanResult {
  readonly schema: 'ddb-ingest/plan/1'
  readonly version: string
  readonly exitCode: number
  readonly path: string
  /** Checksum of the plan; null if no plan was made. */
  readonly checksum: string | null
  readonly files: number
  readonly bytes: number
  readonly units: number
  /** Number of groups. One shard loads all units of a group. */
  readonly groups: number
  readonly error: { readonly code: string; readonly message: string } | null
}

/** @returns the exit code @throws {InputError} @throws {UsageError} DDB_USAGE @throws {DdbError} DDB_OUTPUT_CREATE */
export async function run(settings: PlanSettings, call: Call): Promise<number> {
  const { output } = call
  const { output: path = 'plan.json' } = settings
  try {
    const manifest = await make(settings, call, path)
    await writePlanFile(path, manifest)
    const result = resultOf(manifest, path)
    if (settings.json) await output.writeData(jsonLine(result))
    else await output.write(`${clean(sentence(result))}\n`)
    return 0
  } catch (error) {
    if (settings.json) {
      const { code, message, exitCode } = failureOf(error)
      const none = { path, checksum: null, files: 0, bytes: 0, units: 0, groups: 0 }
      const head = { schema: 'ddb-ingest/plan/1', version, exitCode } as const
      const failed: PlanResult = { ...head, ...none, error: { code, message } }
      await writeFailed(output, failed)
    }
    throw error
  }
}

async function make(settings: PlanSettings, call: Call, path: string): Promise<Manifest> {
  if (settings.filesFrom === undefined && call.args.length === 0) {
    call.showHelp()
    throw new UsageError('DDB_USAGE', 'no input: name the files to plan')
  }
  const inputs = await inputsOf(settings, call)
  if (inputs.includes('-')) {
    throw new UsageError('DDB_USAGE', 'standard input cannot be planned: name files')
  }
  await checkPlanPlace(path)
  const { input = {} } = fieldsOf(planInputOptions, settings)
  const { files } = systemPlatform
  const sources = await expandInputs(inputs, input, { files })
  for (const notice of sourceNotices(sources)) call.output.note(withFlags(notice))
  const place = resolve(path)
  // The file of the plan may be among the input files, but is not an input.
  const paths = [...sources.paths].filter(one => resolve(one) !== place)
  const { batchRows = dfsBatch.rows, batchBytes = dfsBatch.bytes } = settings
  const { unitSize = defaultUnitBytes } = settings
  return makeManifest(
    systemPlatform,
    paths.map(one => ({ path: one, written: writtenPath(one, place) })),
    { batchRows, batchBytes, unitBytes: unitSize, input },
  )
}

function resultOf(manifest: Manifest, path: string): PlanResult {
  const { units } = manifest
  const files = new Set(units.flatMap(({ files: own }) => own.map(({ path: name }) => name)))
  return {
    schema: 'ddb-ingest/plan/1',
    version,
    exitCode: 0,
    path,
    checksum: checksum(manifest),
    files: files.size,
    bytes: units.reduce((sum, unit) => sum + unitBytes(unit), 0),
    units: units.length,
    groups: new Set(units.map(({ group }) => group)).size,
    error: null,
  }
}

function sentence({ path, files, bytes, units, groups }: PlanResult): string {
  return (
    `${path}: ${counted(files, 'file')} of ${bytesText(bytes)} in ${counted(units, 'unit')}, ` +
    `for up to ${counted(groups, 'shard')}. Next: ddb-ingest load --plan ${path} --shard 1/${Math.min(groups, 8)} --run-id NAME --table TABLE`
  )
}
