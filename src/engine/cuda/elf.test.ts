import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elfFault } from './elf.js';
import { faultBeforeLoading } from './loader-path.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-elf-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A real library: koffi's addon for Linux on x64, on whatever system the tests run. */
const whole = (() => {
  try {
    return readFileSync('node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node');
  } catch {
    return undefined;
  }
})();

let files = 0;
function fileOf(bytes: Uint8Array): string {
  files += 1;
  const path = join(folder, `lib${files}.so`);
  writeFileSync(path, bytes);
  return path;
}

/** A copy of the library with some bytes changed. */
function changed(change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(whole!);
  change(bytes);
  return fileOf(bytes);
}

const at = (path: string) => elfFault(path, 'x64');

describe.skipIf(whole === undefined)('elfFault of a 64-bit ELF library', () => {
  it('finds nothing wrong with a complete library, with or without sections', () => {
    expect(at(fileOf(whole!))).toBeUndefined();
    const stripped = (bytes: Buffer) => {
      bytes.writeBigUInt64LE(0n, 40);
      bytes.writeUInt16LE(0, 60);
    };
    expect(at(changed(stripped))).toBeUndefined();
  });

  it('reports damage wherever the file is truncated, even if only the last byte is missing', () => {
    const lengths = [4, 20, 63, 64, 100, 700, 3000, 4096, 65_536, whole!.length >> 1, whole!.length - 1];
    for (const length of lengths) {
      expect([length, at(fileOf(whole!.subarray(0, length)))]).toEqual([length, 'damaged']);
    }
  });

  it('reports damage if a library without sections lacks bytes of a segment', () => {
    const path = changed((bytes) => {
      bytes.writeBigUInt64LE(0n, 40);
      bytes.writeUInt16LE(0, 60);
    });
    const cut = readFileSync(path).subarray(0, whole!.length >> 1);
    expect(at(fileOf(cut))).toBe('damaged');
  });

  it('reports damage if header values are out of range', () => {
    for (const place of [32, 40]) {
      expect(at(changed((bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, place)))).toBe('damaged');
    }
    expect(at(changed((bytes) => bytes.writeUInt16LE(0, 56)))).toBe('damaged');
    expect(at(changed((bytes) => bytes.writeUInt16LE(8, 54)))).toBe('damaged');
  });

  it('reports a library of another word size, byte order or architecture as unsuitable', () => {
    expect(at(changed((bytes) => bytes.writeUInt8(1, 4)))).toBe('not-a-library');
    expect(at(changed((bytes) => bytes.writeUInt8(2, 5)))).toBe('not-a-library');
    expect(elfFault(fileOf(whole!), 'arm64')).toBe('not-a-library');
    expect(at(changed((bytes) => bytes.writeUInt16LE(183, 18)))).toBe('not-a-library');
    expect(
      elfFault(
        changed((bytes) => bytes.writeUInt16LE(183, 18)),
        'arm64',
      ),
    ).toBeUndefined();
    // On other architectures that Node supports, the check is left to the loader.
    expect(elfFault(fileOf(whole!), 'riscv64')).toBeUndefined();
  });

  it('leaves a file that is not ELF, an empty file and a folder to the loader', () => {
    for (const content of ['', '\x7fEL', '#!/bin/sh\n', 'MZ'.repeat(100)]) {
      expect(at(fileOf(Buffer.from(content, 'latin1')))).toBeUndefined();
    }
    expect(at(folder)).toBeUndefined();
    expect(at(join(folder, 'none.so'))).toBe('absent');
  });
});

describe.skipIf(whole === undefined || process.platform !== 'linux')('faultBeforeLoading', () => {
  /** Makes a folder with a library of these bytes. */
  const folderWith = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, 'libnamed.so.1'), bytes);
    return path;
  };
  const native = Buffer.from(whole ?? '');
  if (process.arch === 'arm64') native.writeUInt16LE(183, 18);
  const cut = native.subarray(0, 3000);
  const foreign = Buffer.from(native);
  if (whole !== undefined) foreign.writeUInt16LE(8, 18);
  const named = (libraryPath: string, cached: readonly string[] = []) => {
    const cache = fileOf(Buffer.from(`glibc-ld.so.cache1.1\0libnamed.so.1\0${cached.join('\0')}\0`));
    return faultBeforeLoading('libnamed.so.1', libraryPath, cache);
  };

  it('checks the file that the loader finds first for a plain name', () => {
    const [good, bad, other] = [
      folderWith('good', native),
      folderWith('bad', cut),
      folderWith('other', foreign),
    ];
    const fault = { file: join(bad, 'libnamed.so.1'), fault: 'damaged' };
    expect(named(bad)).toEqual(fault);
    expect(named(`${good}:${bad}`)).toBeUndefined();
    // A library for another system is skipped, like a folder without the library.
    expect(named(`${folder};${other}:${bad}`)).toEqual(fault);
    expect(named('', [join(bad, 'libnamed.so.1')])).toEqual(fault);
    expect(named(good, [join(bad, 'libnamed.so.1')])).toBeUndefined();
    expect(named('', [join(bad, 'libnamed.so.10')])).toBeUndefined();
    expect(named('')).toBeUndefined();
    expect(faultBeforeLoading('libnamed.so.1', undefined, join(folder, 'none'))).toBeUndefined();
  });

  it('refuses a library in a folder that LD_LIBRARY_PATH names by a relative path', () => {
    const [own, elsewhere] = [folderWith('own', native), folderWith('elsewhere', native)];
    const near = relative(process.cwd(), own);
    const fault = { file: join(near, 'libnamed.so.1'), fault: 'working-folder' };
    expect(named(`${folder}:${near}:${elsewhere}`)).toEqual(fault);
    expect(named(`${elsewhere}:${near}`)).toBeUndefined();
  });

  it('checks the file at a path', () => {
    const [damaged, alien] = [fileOf(cut), fileOf(foreign)];
    expect(faultBeforeLoading(damaged, undefined)).toEqual({ file: damaged, fault: 'damaged' });
    expect(faultBeforeLoading(alien, undefined)).toEqual({ file: alien, fault: 'not-a-library' });
    expect(faultBeforeLoading(fileOf(native), undefined)).toBeUndefined();
    expect(faultBeforeLoading(join(folder, 'none.so'), undefined)).toBeUndefined();
  });
});
