/** One Debian package source of this machine, with everything that is needed to ask it for another suite. */
export interface AptSource {
  readonly uris: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** A keyring path, a fingerprint or a whole key block, as sources.list(5) allows; undefined means apt's default. */
  readonly signedBy: string | undefined;
  readonly trusted: boolean;
}

/** Parses the one-line form of sources.list(5): `deb [option=value ...] URI suite component ...`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const options = new Map(
      (match[1] ?? '').split(/\s+/).map((option) => {
        const [name = '', value = ''] = option.split('=', 2);
        return [name, value];
      }),
    );
    return {
      uris: match[2]!,
      suites: [match[3]!],
      components: words(match[4]),
      signedBy: options.get('signed-by'),
      trusted: options.get('trusted') === 'yes',
    };
  });
}

/** Parses the deb822 form of sources.list(5): stanzas of `Field: value` with indented continuation lines. */
export function parseDeb822Sources(text: string): AptSource[] {
  const stanzas = text.replaceAll(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const field of stanza.matchAll(/^([A-Za-z][\w-]*):([^\n]*(?:\n[ \t][^\n]*)*)/gm)) {
      fields.set(field[1]!.toLowerCase(), field[2]!.trim());
    }
    const uris = fields.get('uris');
    if (uris === undefined || !words(fields.get('types')).includes('deb')) return [];
    if (fields.get('enabled')?.toLowerCase() === 'no') return [];
    return {
      uris,
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      signedBy: fields.get('signed-by'),
      trusted: fields.get('trusted')?.toLowerCase() === 'yes',
    };
  });
}

/**
 * The sources that hold the distribution itself, best first. A third party's source has a suite of its own
 * ("nodistro", "bookworm-pgdg") or no `main`; security and update suites exist only beside the release that they amend.
 */
export function distributionSources(
  sources: readonly AptSource[],
  codename: string | undefined,
): AptSource[] {
  const releases = new Set(['stable', 'oldstable', 'testing', 'sid', 'unstable', codename]);
  return sources.filter(
    (source) => source.components.includes('main') && source.suites.some((suite) => releases.has(suite)),
  );
}

/** The same source asked for another suite, as a deb822 stanza. */
export function formatSource(source: AptSource, suite: string): string {
  const lines = ['Types: deb', `URIs: ${source.uris}`, `Suites: ${suite}`, 'Components: main'];
  if (source.signedBy !== undefined) lines.push(`Signed-By: ${source.signedBy}`);
  if (source.trusted) lines.push('Trusted: yes');
  return `${lines.join('\n')}\n`;
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
