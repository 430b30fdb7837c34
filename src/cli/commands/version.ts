import packageJson from '../../../package.json' with { type: 'json' };
import { defineCommand } from '../command/index.ts';
import { recordView } from '../output/views/index.ts';

/** The newest etcd API that the program speaks. */
const apiVersion = '3.7';

export const versionCommand = defineCommand({
  path: ['version'],
  summary: 'print the version of holdfast',
  ignoresConfig: true,
  run(_input, host) {
    const { version } = packageJson;
    host.print(
      recordView(
        [
          { title: 'Version', json: 'version', value: version },
          { title: 'API version', json: 'apiVersion', value: apiVersion },
          { title: 'Node', json: 'node', value: process.version },
        ],
        [`holdfast version: ${version}`, `API version: ${apiVersion}`],
      ),
    );
    return Promise.resolve(undefined);
  },
});
