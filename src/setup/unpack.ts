import { type CommandOptions, command } from './command.js';

/** What to keep of a wheel: files whose names begin with `prefix`, which `to` replaces below the target folder. */
export type Kept = readonly (readonly [prefix: string, to: string])[];

/**
 * Unpacks the kept files of a wheel below a folder. If any entry is not a plain file or folder, or has a name that leads
 * elsewhere, the wheel is refused before anything is written; `CommandFailed` names the entry.
 */
export async function unpackWheel(
  wheel: string,
  folder: string,
  kept: Kept,
  how: CommandOptions,
): Promise<void> {
  await command('python3', ['-c', UNPACK, wheel, folder, JSON.stringify(kept)], how);
}

/** A wheel is a zip file, which Python can read and Node cannot. Paths are compared part by part, never as text. */
const UNPACK = String.raw`
import json, os, re, shutil, stat, sys, zipfile

wheel, folder, kept = sys.argv[1], os.path.realpath(sys.argv[2]), json.loads(sys.argv[3])

def refuse(name, why):
    sys.exit(f'error: {ascii(name)} in {os.path.basename(wheel)}: {why}')

def check(entry):
    name = entry.filename
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR): refuse(name, 'a link or a special file')
    if '\\' in name: refuse(name, 'a backslash in its name')
    if name.startswith('/') or re.match('[A-Za-z]:', name): refuse(name, 'an absolute name')
    if any(part in ('', '.', '..') for part in re.sub('/$', '', name).split('/')): refuse(name, 'a name that leads elsewhere')

with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist(): check(entry)
    for name in archive.namelist():
        for prefix, to in kept:
            if not name.startswith(prefix) or name.endswith(('/', '.py')): continue
            target = os.path.join(folder, to + name[len(prefix):])
            # An existing link can lead out of the folder just as a name can.
            if os.path.commonpath([folder, os.path.realpath(target)]) != folder: refuse(name, 'a name that leads elsewhere')
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(name) as source, open(target, 'wb') as file: shutil.copyfileobj(source, file)
`;
