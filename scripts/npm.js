/* What npm does for this project: with which command it runs, and the list of packages that are installed with this one, as CycloneDX, for
   users who must document what runs on a machine. npm makes the list from package-lock.json. This file removes facts about the machine
   (time, npm's version, folder name, a random number, addresses of packages), so two checkouts of one commit make the same list. Uses only
   modules of Node, because it may run before the packages are installed. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** The program and the first arguments of the npm that runs this process, or of the installed one. */
export function npmCommand() {
  const path = process.env.npm_execpath ?? ''
  return basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm']
}

/** Runs npm and parses its output, which must be JSON. */
export function runNpm(root, ...options) {
  const [program, ...first] = npmCommand()
  const output = execFileSync(program, [...first, ...options, '--loglevel=error'], {
    ...{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  })
  return JSON.parse(output)
}

/** Name of the list, which is next to package.json. */
export const sbomName = 'sbom.cdx.json'

export function sbomText(root) {
  // Without --include=dev, NODE_ENV=production would also leave out packages that both the package and its tools need.
  const options = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--include=dev']
  const bom = runNpm(root, 'sbom', ...options, '--no-global', '--location=project')
  const { $schema, bomFormat, specVersion, version, metadata } = bom
  const name = metadata.component.purl.replace(/^pkg:npm\/(.*)@.*$/, '$1')
  const component = { ...metadata.component, name }
  const uses = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const direct = Object.entries(manifest.dependencies).map(([name, exact]) => `${name}@${exact}`)
  uses.set(component['bom-ref'], direct)
  const found = new Set([component['bom-ref']])
  for (const ref of found) for (const used of uses.get(ref)) found.add(used)
  const dependencies = [...found].map(ref => ({ ref, dependsOn: uses.get(ref) }))
  const components = bom.components
    .filter(one => found.has(one['bom-ref']))
    .map(({ externalReferences = [], ...component }) => {
      const kept = externalReferences.filter(({ type }) => type !== 'distribution')
      return { ...component, externalReferences: kept }
    })
  const all = { $schema, bomFormat, specVersion, version, metadata: { component } }
  return `${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`
}
