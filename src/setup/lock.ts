/** npm's lock file for tfjs-node-gpu, made by lock.sh. It names no registry, so that npm uses the one that it is configured with. */
export const LOCK = {
  name: 'tfjs-node-gpu',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': {
      dependencies: {
        '@tensorflow/tfjs-node-gpu': '4.22.0',
        'node-api-headers': '1.9.0',
      },
    },
    'node_modules/@mapbox/node-pre-gyp': {
      version: '1.0.9',
      integrity:
        'sha512-aDF3S3rK9Q2gey/WAttUlISduDItz5BU3306M9Eyv6/oS40aMprnopshtlKTykxRNIBEZuRMaZAnbrQ4QtKGyw==',
      license: 'BSD-3-Clause',
      dependencies: {
        'detect-libc': '^2.0.0',
        'https-proxy-agent': '^5.0.0',
        'make-dir': '^3.1.0',
        'node-fetch': '^2.6.7',
        nopt: '^5.0.0',
        npmlog: '^5.0.1',
        rimraf: '^3.0.2',
        semver: '^7.3.5',
        tar: '^6.1.11',
      },
      bin: {
        'node-pre-gyp': 'bin/node-pre-gyp',
      },
    },
    'node_modules/@mapbox/node-pre-gyp/node_modules/agent-base': {
      version: '6.0.2',
      integrity:
        'sha512-RZNwNclF7+MS/8bDg70amg32dyeZGZxiDuQmZxKLAlQjr3jGyLx+4Kkk58UO7D2QdgFIQCovuSuZESne6RG6XQ==',
      license: 'MIT',
      dependencies: {
        debug: '4',
      },
      engines: {
        node: '>= 6.0.0',
      },
    },
    'node_modules/@mapbox/node-pre-gyp/node_modules/debug': {
      version: '4.4.3',
      integrity:
        'sha512-RGwwWnwQvkVfavKVt22FGLw+xYSdzARwm0ru6DhTVA3umU5hZc28V3kO4stgYryrTlLpuvgI9GiijltAjNbcqA==',
      license: 'MIT',
      dependencies: {
        ms: '^2.1.3',
      },
      engines: {
        node: '>=6.0',
      },
      peerDependenciesMeta: {
        'supports-color': {
          optional: true,
        },
      },
    },
    'node_modules/@mapbox/node-pre-gyp/node_modules/https-proxy-agent': {
      version: '5.0.1',
      integrity:
        'sha512-dFcAjpTQFgoLMzC2VwU+C/CbS7uRL0lWmxDITmqm7C+7F0Odmj6s9l6alZc6AELXhrnggM2CeWSXHGOdX2YtwA==',
      license: 'MIT',
      dependencies: {
        'agent-base': '6',
        debug: '4',
      },
      engines: {
        node: '>= 6',
      },
    },
    'node_modules/@mapbox/node-pre-gyp/node_modules/rimraf': {
      version: '3.0.2',
      integrity:
        'sha512-JZkJMZkAGFFPP2YqXZXPbMlMBgsxzE8ILs4lMIX/2o0L9UBw9O/Y3o6wFw/i9YLapcUJWwqbi3kdxIPdC62TIA==',
      license: 'ISC',
      dependencies: {
        glob: '^7.1.3',
      },
      bin: {
        rimraf: 'bin.js',
      },
      funding: {
        url: 'https://github.com/sponsors/isaacs',
      },
    },
    'node_modules/@tensorflow/tfjs': {
      version: '4.22.0',
      integrity:
        'sha512-0TrIrXs6/b7FLhLVNmfh8Sah6JgjBPH4mZ8JGb7NU6WW+cx00qK5BcAZxw7NCzxj6N8MRAIfHq+oNbPUNG5VAg==',
      license: 'Apache-2.0',
      dependencies: {
        '@tensorflow/tfjs-backend-cpu': '4.22.0',
        '@tensorflow/tfjs-backend-webgl': '4.22.0',
        '@tensorflow/tfjs-converter': '4.22.0',
        '@tensorflow/tfjs-core': '4.22.0',
        '@tensorflow/tfjs-data': '4.22.0',
        '@tensorflow/tfjs-layers': '4.22.0',
        argparse: '^1.0.10',
        chalk: '^4.1.0',
        'core-js': '3.29.1',
        'regenerator-runtime': '^0.13.5',
        yargs: '^16.0.3',
      },
      bin: {
        'tfjs-custom-module': 'dist/tools/custom_module/cli.js',
      },
    },
    'node_modules/@tensorflow/tfjs-backend-cpu': {
      version: '4.22.0',
      integrity:
        'sha512-1u0FmuLGuRAi8D2c3cocHTASGXOmHc/4OvoVDENJayjYkS119fcTcQf4iHrtLthWyDIPy3JiPhRrZQC9EwnhLw==',
      license: 'Apache-2.0',
      dependencies: {
        '@types/seedrandom': '^2.4.28',
        seedrandom: '^3.0.5',
      },
      engines: {
        yarn: '>= 1.3.2',
      },
      peerDependencies: {
        '@tensorflow/tfjs-core': '4.22.0',
      },
    },
    'node_modules/@tensorflow/tfjs-backend-webgl': {
      version: '4.22.0',
      integrity:
        'sha512-H535XtZWnWgNwSzv538czjVlbJebDl5QTMOth4RXr2p/kJ1qSIXE0vZvEtO+5EC9b00SvhplECny2yDewQb/Yg==',
      license: 'Apache-2.0',
      dependencies: {
        '@tensorflow/tfjs-backend-cpu': '4.22.0',
        '@types/offscreencanvas': '~2019.3.0',
        '@types/seedrandom': '^2.4.28',
        seedrandom: '^3.0.5',
      },
      engines: {
        yarn: '>= 1.3.2',
      },
      peerDependencies: {
        '@tensorflow/tfjs-core': '4.22.0',
      },
    },
    'node_modules/@tensorflow/tfjs-converter': {
      version: '4.22.0',
      integrity:
        'sha512-PT43MGlnzIo+YfbsjM79Lxk9lOq6uUwZuCc8rrp0hfpLjF6Jv8jS84u2jFb+WpUeuF4K33ZDNx8CjiYrGQ2trQ==',
      license: 'Apache-2.0',
      peerDependencies: {
        '@tensorflow/tfjs-core': '4.22.0',
      },
    },
    'node_modules/@tensorflow/tfjs-core': {
      version: '4.22.0',
      integrity:
        'sha512-LEkOyzbknKFoWUwfkr59vSB68DMJ4cjwwHgicXN0DUi3a0Vh1Er3JQqCI1Hl86GGZQvY8ezVrtDIvqR1ZFW55A==',
      license: 'Apache-2.0',
      dependencies: {
        '@types/long': '^4.0.1',
        '@types/offscreencanvas': '~2019.7.0',
        '@types/seedrandom': '^2.4.28',
        '@webgpu/types': '0.1.38',
        long: '4.0.0',
        'node-fetch': '~2.6.1',
        seedrandom: '^3.0.5',
      },
      engines: {
        yarn: '>= 1.3.2',
      },
    },
    'node_modules/@tensorflow/tfjs-core/node_modules/@types/offscreencanvas': {
      version: '2019.7.3',
      integrity:
        'sha512-ieXiYmgSRXUDeOntE1InxjWyvEelZGP63M+cGuquuRLuIKKT1osnkXjxev9B7d1nXSug5vpunx+gNlbVxMlC9A==',
      license: 'MIT',
    },
    'node_modules/@tensorflow/tfjs-core/node_modules/node-fetch': {
      version: '2.6.13',
      integrity:
        'sha512-StxNAxh15zr77QvvkmveSQ8uCQ4+v5FkvNTj0OESmiHu+VRi/gXArXtkWMElOsOUNLtUEvI4yS+rdtOHZTwlQA==',
      license: 'MIT',
      dependencies: {
        'whatwg-url': '^5.0.0',
      },
      engines: {
        node: '4.x || >=6.0.0',
      },
      peerDependencies: {
        encoding: '^0.1.0',
      },
      peerDependenciesMeta: {
        encoding: {
          optional: true,
        },
      },
    },
    'node_modules/@tensorflow/tfjs-data': {
      version: '4.22.0',
      integrity:
        'sha512-dYmF3LihQIGvtgJrt382hSRH4S0QuAp2w1hXJI2+kOaEqo5HnUPG0k5KA6va+S1yUhx7UBToUKCBHeLHFQRV4w==',
      license: 'Apache-2.0',
      dependencies: {
        '@types/node-fetch': '^2.1.2',
        'node-fetch': '~2.6.1',
        string_decoder: '^1.3.0',
      },
      peerDependencies: {
        '@tensorflow/tfjs-core': '4.22.0',
        seedrandom: '^3.0.5',
      },
    },
    'node_modules/@tensorflow/tfjs-data/node_modules/node-fetch': {
      version: '2.6.13',
      integrity:
        'sha512-StxNAxh15zr77QvvkmveSQ8uCQ4+v5FkvNTj0OESmiHu+VRi/gXArXtkWMElOsOUNLtUEvI4yS+rdtOHZTwlQA==',
      license: 'MIT',
      dependencies: {
        'whatwg-url': '^5.0.0',
      },
      engines: {
        node: '4.x || >=6.0.0',
      },
      peerDependencies: {
        encoding: '^0.1.0',
      },
      peerDependenciesMeta: {
        encoding: {
          optional: true,
        },
      },
    },
    'node_modules/@tensorflow/tfjs-layers': {
      version: '4.22.0',
      integrity:
        'sha512-lybPj4ZNj9iIAPUj7a8ZW1hg8KQGfqWLlCZDi9eM/oNKCCAgchiyzx8OrYoWmRrB+AM6VNEeIT+2gZKg5ReihA==',
      license: 'Apache-2.0 AND MIT',
      peerDependencies: {
        '@tensorflow/tfjs-core': '4.22.0',
      },
    },
    'node_modules/@tensorflow/tfjs-node-gpu': {
      version: '4.22.0',
      integrity:
        'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
      hasInstallScript: true,
      license: 'Apache-2.0',
      dependencies: {
        '@mapbox/node-pre-gyp': '1.0.9',
        '@tensorflow/tfjs': '4.22.0',
        'adm-zip': '^0.5.2',
        'google-protobuf': '^3.9.2',
        'https-proxy-agent': '^2.2.1',
        progress: '^2.0.0',
        rimraf: '^2.6.2',
        tar: '^6.2.1',
      },
      engines: {
        node: '>=8.11.0',
      },
    },
    'node_modules/@types/long': {
      version: '4.0.2',
      integrity:
        'sha512-MqTGEo5bj5t157U6fA/BiDynNkn0YknVdh48CMPkTSpFTVmvao5UQmm7uEF6xBEo7qIMAlY/JSleYaE6VOdpaA==',
      license: 'MIT',
    },
    'node_modules/@types/node': {
      version: '26.6.6',
      integrity:
        'sha512-MzQj+8Kx3XI40OmUAE6Qoh58ZMNstNNMwn2nfd3qWsfe7nDNSqJNzes4njhz6AHwrSHOffSLwXU6yb474Q4aog==',
      license: 'MIT',
      dependencies: {
        'undici-types': '~8.9.0',
      },
    },
    'node_modules/@types/node-fetch': {
      version: '2.6.13',
      integrity:
        'sha512-QGpRVpzSaUs30JBSGPjOg4Uveu384erbHBoT1zeONvyCfwQxIkUshLAOqN/k9EjGviPRmWTTe6aH2qySWKTVSw==',
      license: 'MIT',
      dependencies: {
        '@types/node': '*',
        'form-data': '^4.0.4',
      },
    },
    'node_modules/@types/offscreencanvas': {
      version: '2019.3.0',
      integrity:
        'sha512-esIJx9bQg+QYF0ra8GnvfianIY8qWB0GBx54PK5Eps6m+xTj86KLavHv6qDhzKcu5UUOgNfJ2pWaIIV7TRUd9Q==',
      license: 'MIT',
    },
    'node_modules/@types/seedrandom': {
      version: '2.4.34',
      integrity:
        'sha512-ytDiArvrn/3Xk6/vtylys5tlY6eo7Ane0hvcx++TKo6RxQXuVfW0AF/oeWqAj9dN29SyhtawuXstgmPlwNcv/A==',
      license: 'MIT',
    },
    'node_modules/@webgpu/types': {
      version: '0.1.38',
      integrity:
        'sha512-7LrhVKz2PRh+DD7+S+PVaFd5HxaWQvoMqBbsV9fNJO1pjUs1P8bM2vQVNfk+3URTqbuTI7gkXi0rfsN0IadoBA==',
      license: 'BSD-3-Clause',
    },
    'node_modules/abbrev': {
      version: '1.1.1',
      integrity:
        'sha512-nne9/IiQ/hzIhY6pdDnbBtz7DjPTKrY00P/zvPSm5pOFkl6xuGrGnXn/VtTNNfNtAfZ9/1RtehkszU9qcTii0Q==',
      license: 'ISC',
    },
    'node_modules/adm-zip': {
      version: '0.5.18',
      integrity:
        'sha512-ufJnssQGbxzLNS1Ho9bCtX4rQKCCvoVuDLHoJyc3F9dOGDB4BkWs2Ci0kv53lqocAEQ/Cbi+I2XCsNYGqVYqng==',
      license: 'MIT',
      engines: {
        node: '>=12.0',
      },
    },
    'node_modules/agent-base': {
      version: '4.3.0',
      integrity:
        'sha512-salcGninV0nPrwpGNn4VTXBb1SOuXQBiqbrNXoeizJsHrsL6ERFM2Ne3JUSBWRE6aeNJI2ROP/WEEIDUiDe3cg==',
      license: 'MIT',
      dependencies: {
        'es6-promisify': '^5.0.0',
      },
      engines: {
        node: '>= 4.0.0',
      },
    },
    'node_modules/ansi-regex': {
      version: '5.0.1',
      integrity:
        'sha512-quJQXlTSUGL2LH9SUXo8VwsY4soanhgo6LNSm84E1LBcE8s3O0wpdiRzyR9z/ZZJMlMWv37qOOb9pdJlMUEKFQ==',
      license: 'MIT',
      engines: {
        node: '>=8',
      },
    },
    'node_modules/ansi-styles': {
      version: '4.3.0',
      integrity:
        'sha512-zbB9rCJAT1rbjiVDb2hqKFHNYLxgtk8NURxZ3IZwD3F6NtxbXZQCnnSi1Lkx+IDohdPlFp222wVALIheZJQSEg==',
      license: 'MIT',
      dependencies: {
        'color-convert': '^2.0.1',
      },
      engines: {
        node: '>=8',
      },
      funding: {
        url: 'https://github.com/chalk/ansi-styles?sponsor=1',
      },
    },
    'node_modules/aproba': {
      version: '2.1.0',
      integrity:
        'sha512-tLIEcj5GuR2RSTnxNKdkK0dJ/GrC7P38sUkiDmDuHfsHmbagTFAxDVIBltoklXEVIQ/f14IL8IMJ5pn9Hez1Ew==',
      license: 'ISC',
    },
    'node_modules/are-we-there-yet': {
      version: '2.0.0',
      integrity:
        'sha512-Ci/qENmwHnsYo9xKIcUJN5LeDKdJ6R1Z1j9V/J5wyq8nh/mYPEpIKJbBZXtZjG04HiK7zV/p6Vs9952MrMeUIw==',
      license: 'ISC',
      dependencies: {
        delegates: '^1.0.0',
        'readable-stream': '^3.6.0',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/argparse': {
      version: '1.0.10',
      integrity:
        'sha512-o5Roy6tNG4SL/FOkCAN6RzjiakZS25RLYFrcMttJqbdd8BWrnA+fGz57iN5Pb06pvBGvl5gQ0B48dJlslXvoTg==',
      license: 'MIT',
      dependencies: {
        'sprintf-js': '~1.0.2',
      },
    },
    'node_modules/async-function': {
      version: '1.0.0',
      integrity:
        'sha512-hsU18Ae8CDTR6Kgu9DYf0EbCr/a5iGL0rytQDobUcdpYOKokk8LEjVphnXkDkgpi0wYVsqrXuP0bZxJaTqdgoA==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/async-generator-function': {
      version: '1.0.0',
      integrity:
        'sha512-+NAXNqgCrB95ya4Sr66i1CL2hqLVckAk7xwRYWdcm39/ELQ6YNn1aw5r0bdQtqNZgQpEWzc5yc/igXc7aL5SLA==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/asynckit': {
      version: '0.4.0',
      integrity:
        'sha512-Oei9OH4tRh0YqU3GxhX79dM/mwVgvbZJaSNaRk+bshkj0S5cfHcgYakreBjrHwatXKbz+IoIdYLxrKim2MjW0Q==',
      license: 'MIT',
    },
    'node_modules/balanced-match': {
      version: '1.0.2',
      integrity:
        'sha512-3oSeUO0TMV67hN1AmbXsK4yaqU7tjiHlbxRDZOpH0KW9+CeX4bRAaX0Anxt0tx2MrpRpWwQaPwIlISEJhYU5Pw==',
      license: 'MIT',
    },
    'node_modules/brace-expansion': {
      version: '1.1.22',
      integrity:
        'sha512-CKLDTuSsN0+r1ThM0WkzzBI7dnPI6xEGfa/JnVYIK9JNBA1N1NyPwXVHor//NKD/y3sDxp764sZdLhFK7pH8XQ==',
      license: 'MIT',
      dependencies: {
        'balanced-match': '^1.0.0',
        'concat-map': '0.0.1',
      },
    },
    'node_modules/call-bind-apply-helpers': {
      version: '1.0.2',
      integrity:
        'sha512-Sp1ablJ0ivDkSzjcaJdxEunN5/XvksFJ2sMBFfq6x0ryhQV/2b/KwFe21cMpmHtPOSij8K99/wSfoEuTObmuMQ==',
      license: 'MIT',
      dependencies: {
        'es-errors': '^1.3.0',
        'function-bind': '^1.1.2',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/chalk': {
      version: '4.1.2',
      integrity:
        'sha512-oKnbhFyRIXpUuez8iBMmyEa4nbj4IOQyuhc/wy9kY7/WVPcwIO9VA668Pu8RkO7+0G76SLROeyw9CpQ061i4mA==',
      license: 'MIT',
      dependencies: {
        'ansi-styles': '^4.1.0',
        'supports-color': '^7.1.0',
      },
      engines: {
        node: '>=10',
      },
      funding: {
        url: 'https://github.com/chalk/chalk?sponsor=1',
      },
    },
    'node_modules/chownr': {
      version: '2.0.0',
      integrity:
        'sha512-bIomtDF5KGpdogkLd9VspvFzk9KfpyyGlS8YFVZl7TGPBHL5snIOnxeshwVgPteQ9b4Eydl+pVbIyE1DcvCWgQ==',
      license: 'ISC',
      engines: {
        node: '>=10',
      },
    },
    'node_modules/cliui': {
      version: '7.0.4',
      integrity:
        'sha512-OcRE68cOsVMXp1Yvonl/fzkQOyjLSu/8bhPDfQt0e0/Eb283TKP20Fs2MqoPsr9SwA595rRCA+QMzYc9nBP+JQ==',
      license: 'ISC',
      dependencies: {
        'string-width': '^4.2.0',
        'strip-ansi': '^6.0.0',
        'wrap-ansi': '^7.0.0',
      },
    },
    'node_modules/color-convert': {
      version: '2.0.1',
      integrity:
        'sha512-RRECPsj7iu/xb5oKYcsFHSppFNnsj/52OVTRKb4zP5onXwVF3zVmmToNcOfGC+CRDpfK/U584fMg38ZHCaElKQ==',
      license: 'MIT',
      dependencies: {
        'color-name': '~1.1.4',
      },
      engines: {
        node: '>=7.0.0',
      },
    },
    'node_modules/color-name': {
      version: '1.1.4',
      integrity:
        'sha512-dOy+3AuW3a2wNbZHIuMZpTcgjGuLU/uBL/ubcZF9OXbDo8ff4O8yVp5Bf0efS8uEoYo5q4Fx7dY9OgQGXgAsQA==',
      license: 'MIT',
    },
    'node_modules/color-support': {
      version: '1.1.3',
      integrity:
        'sha512-qiBjkpbMLO/HL68y+lh4q0/O1MZFj2RX6X/KmMa3+gJD3z+WwI1ZzDHysvqHGS3mP6mznPckpXmw1nI9cJjyRg==',
      license: 'ISC',
      bin: {
        'color-support': 'bin.js',
      },
    },
    'node_modules/combined-stream': {
      version: '1.0.8',
      integrity:
        'sha512-FQN4MRfuJeHf7cBbBMJFXhKSDq+2kAArBlmRBvcvFE5BB1HZKXtSFASDhdlz9zOYwxh8lDdnvmMOe/+5cdoEdg==',
      license: 'MIT',
      dependencies: {
        'delayed-stream': '~1.0.0',
      },
      engines: {
        node: '>= 0.8',
      },
    },
    'node_modules/concat-map': {
      version: '0.0.1',
      integrity:
        'sha512-/Srv4dswyQNBfohGpz9o6Yb3Gz3SrUDqBH5rTuhGR7ahtlbYKnVxw2bCFMRljaA7EXHaXZ8wsHdodFvbkhKmqg==',
      license: 'MIT',
    },
    'node_modules/console-control-strings': {
      version: '1.1.0',
      integrity:
        'sha512-ty/fTekppD2fIwRvnZAVdeOiGd1c7YXEixbgJTNzqcxJWKQnjJ/V1bNEEE6hygpM3WjwHFUVK6HTjWSzV4a8sQ==',
      license: 'ISC',
    },
    'node_modules/core-js': {
      version: '3.29.1',
      integrity:
        'sha512-+jwgnhg6cQxKYIIjGtAHq2nwUOolo9eoFZ4sHfUH09BLXBgxnH4gA0zEd+t+BO2cNB8idaBtZFcFTRjQJRJmAw==',
      hasInstallScript: true,
      license: 'MIT',
      funding: {
        type: 'opencollective',
        url: 'https://opencollective.com/core-js',
      },
    },
    'node_modules/debug': {
      version: '3.2.7',
      integrity:
        'sha512-CFjzYYAi4ThfiQvizrFQevTTXHtnCqWfe7x1AhgEscTz6ZbLbfoLRLPugTQyBth6f8ZERVUSyWHFD/7Wu4t1XQ==',
      license: 'MIT',
      dependencies: {
        ms: '^2.1.1',
      },
    },
    'node_modules/delayed-stream': {
      version: '1.0.0',
      integrity:
        'sha512-ZySD7Nf91aLB0RxL4KGrKHBXl7Eds1DAmEdcoVawXnLD7SDhpNgtuII2aAkg7a7QS41jxPSZ17p4VdGnMHk3MQ==',
      license: 'MIT',
      engines: {
        node: '>=0.4.0',
      },
    },
    'node_modules/delegates': {
      version: '1.0.0',
      integrity:
        'sha512-bd2L678uiWATM6m5Z1VzNCErI3jiGzt6HGY8OVICs40JQq/HALfbyNJmp0UDakEY4pMMaN0Ly5om/B1VI/+xfQ==',
      license: 'MIT',
    },
    'node_modules/detect-libc': {
      version: '2.1.2',
      integrity:
        'sha512-Btj2BOOO83o3WyH59e8MgXsxEQVcarkUOpEYrubB0urwnN10yQ364rsiByU11nZlqWYZm05i/of7io4mzihBtQ==',
      license: 'Apache-2.0',
      engines: {
        node: '>=8',
      },
    },
    'node_modules/dunder-proto': {
      version: '1.0.1',
      integrity:
        'sha512-KIN/nDJBQRcXw0MLVhZE9iQHmG68qAVIBg9CqmUYjmQIhgij9U5MFvrqkUL5FbtyyzZuOeOt0zdeRe4UY7ct+A==',
      license: 'MIT',
      dependencies: {
        'call-bind-apply-helpers': '^1.0.1',
        'es-errors': '^1.3.0',
        gopd: '^1.2.0',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/emoji-regex': {
      version: '8.0.0',
      integrity:
        'sha512-MSjYzcWNOA0ewAHpz0MxpYFvwg6yjy1NG3xteoqz644VCo/RPgnr1/GGt+ic3iJTzQ8Eu3TdM14SawnVUmGE6A==',
      license: 'MIT',
    },
    'node_modules/es-define-property': {
      version: '1.0.1',
      integrity:
        'sha512-e3nRfgfUZ4rNGL232gUgX06QNyyez04KdjFrF+LTRoOXmrOgFKDg4BCdsjW8EnT69eqdYGmRpJwiPVYNrCaW3g==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/es-errors': {
      version: '1.3.0',
      integrity:
        'sha512-Zf5H2Kxt2xjTvbJvP2ZWLEICxA6j+hAmMzIlypy4xcBg1vKVnx89Wy0GbS+kf5cwCVFFzdCFh2XSCFNULS6csw==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/es-object-atoms': {
      version: '1.1.2',
      integrity:
        'sha512-HWcBoN6NileqtSydK2FqHbS/LoDd2pqrnQHLyJzBj4kOp/ky2MWMN694xOfkK8/SnUsW2DH7EfyVlydKCsm1Zw==',
      license: 'MIT',
      dependencies: {
        'es-errors': '^1.3.0',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/es-set-tostringtag': {
      version: '2.1.0',
      integrity:
        'sha512-j6vWzfrGVfyXxge+O0x5sh6cvxAog0a/4Rdd2K36zCMV5eJ+/+tOAngRO8cODMNWbVRdVlmGZQL2YS3yR8bIUA==',
      license: 'MIT',
      dependencies: {
        'es-errors': '^1.3.0',
        'get-intrinsic': '^1.2.6',
        'has-tostringtag': '^1.0.2',
        hasown: '^2.0.2',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/es6-promise': {
      version: '4.2.8',
      integrity:
        'sha512-HJDGx5daxeIvxdBxvG2cb9g4tEvwIk3i8+nhX0yGrYmZUzbkdg8QbDevheDB8gd0//uPj4c1EQua8Q+MViT0/w==',
      license: 'MIT',
    },
    'node_modules/es6-promisify': {
      version: '5.0.0',
      integrity:
        'sha512-C+d6UdsYDk0lMebHNR4S2NybQMMngAOnOwYBQjTOiv0MkoJMP0Myw2mgpDLBcpfCmRLxyFqYhS/CfOENq4SJhQ==',
      license: 'MIT',
      dependencies: {
        'es6-promise': '^4.0.3',
      },
    },
    'node_modules/escalade': {
      version: '3.2.0',
      integrity:
        'sha512-WUj2qlxaQtO4g6Pq5c29GTcWGDyd8itL8zTlipgECz3JesAiiOKotd8JU6otB3PACgG6xkJUyVhboMS+bje/jA==',
      license: 'MIT',
      engines: {
        node: '>=6',
      },
    },
    'node_modules/form-data': {
      version: '4.0.6',
      integrity:
        'sha512-vKatAh4SlVfgbv+YtmhiRjhEMJsYpsG1Y2rMQtR+SVSbytsSD1YGzDIcrAJmdFec88u/+VoGmxnl+80gL1tRCQ==',
      license: 'MIT',
      dependencies: {
        asynckit: '^0.4.0',
        'combined-stream': '^1.0.8',
        'es-set-tostringtag': '^2.1.0',
        hasown: '^2.0.4',
        'mime-types': '^2.1.35',
      },
      engines: {
        node: '>= 6',
      },
    },
    'node_modules/fs-minipass': {
      version: '2.1.0',
      integrity:
        'sha512-V/JgOLFCS+R6Vcq0slCuaeWEdNC3ouDlJMNIsacH2VtALiu9mV4LPrHc5cDl8k5aw6J8jwgWWpiTo5RYhmIzvg==',
      license: 'ISC',
      dependencies: {
        minipass: '^3.0.0',
      },
      engines: {
        node: '>= 8',
      },
    },
    'node_modules/fs-minipass/node_modules/minipass': {
      version: '3.3.6',
      integrity:
        'sha512-DxiNidxSEK+tHG6zOIklvNOwm3hvCrbUrdtzY74U6HKTJxvIDfOUL5W5P2Ghd3DTkhhKPYGqeNUIh5qcM4YBfw==',
      license: 'ISC',
      dependencies: {
        yallist: '^4.0.0',
      },
      engines: {
        node: '>=8',
      },
    },
    'node_modules/fs.realpath': {
      version: '1.0.0',
      integrity:
        'sha512-OO0pH2lK6a0hZnAdau5ItzHPI6pUlvI7jMVnxUQRtw4owF2wk8lOSabtGDCTP4Ggrg2MbGnWO9X8K1t4+fGMDw==',
      license: 'ISC',
    },
    'node_modules/function-bind': {
      version: '1.1.2',
      integrity:
        'sha512-7XHNxH7qX9xG5mIwxkhumTox/MIRNcOgDrxWsMt2pAr23WHp6MrRlN7FBSFpCpr+oVO0F744iUgR82nJMfG2SA==',
      license: 'MIT',
      funding: {
        url: 'https://github.com/sponsors/ljharb',
      },
    },
    'node_modules/gauge': {
      version: '3.0.2',
      integrity:
        'sha512-+5J6MS/5XksCuXq++uFRsnUd7Ovu1XenbeuIuNRJxYWjgQbPuFhT14lAvsWfqfAmnwluf1OwMjz39HjfLPci0Q==',
      license: 'ISC',
      dependencies: {
        aproba: '^1.0.3 || ^2.0.0',
        'color-support': '^1.1.2',
        'console-control-strings': '^1.0.0',
        'has-unicode': '^2.0.1',
        'object-assign': '^4.1.1',
        'signal-exit': '^3.0.0',
        'string-width': '^4.2.3',
        'strip-ansi': '^6.0.1',
        'wide-align': '^1.1.2',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/generator-function': {
      version: '2.0.1',
      integrity:
        'sha512-SFdFmIJi+ybC0vjlHN0ZGVGHc3lgE0DxPAT0djjVg+kjOnSqclqmj0KQ7ykTOLP6YxoqOvuAODGdcHJn+43q3g==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/get-caller-file': {
      version: '2.0.5',
      integrity:
        'sha512-DyFP3BM/3YHTQOCUL/w0OZHR0lpKeGrxotcHWcqNEdnltqFwXVfhEBQ94eIo34AfQpo0rGki4cyIiftY06h2Fg==',
      license: 'ISC',
      engines: {
        node: '6.* || 8.* || >= 10.*',
      },
    },
    'node_modules/get-intrinsic': {
      version: '1.3.1',
      integrity:
        'sha512-fk1ZVEeOX9hVZ6QzoBNEC55+Ucqg4sTVwrVuigZhuRPESVFpMyXnd3sbXvPOwp7Y9riVyANiqhEuRF0G1aVSeQ==',
      license: 'MIT',
      dependencies: {
        'async-function': '^1.0.0',
        'async-generator-function': '^1.0.0',
        'call-bind-apply-helpers': '^1.0.2',
        'es-define-property': '^1.0.1',
        'es-errors': '^1.3.0',
        'es-object-atoms': '^1.1.1',
        'function-bind': '^1.1.2',
        'generator-function': '^2.0.0',
        'get-proto': '^1.0.1',
        gopd: '^1.2.0',
        'has-symbols': '^1.1.0',
        hasown: '^2.0.2',
        'math-intrinsics': '^1.1.0',
      },
      engines: {
        node: '>= 0.4',
      },
      funding: {
        url: 'https://github.com/sponsors/ljharb',
      },
    },
    'node_modules/get-proto': {
      version: '1.0.1',
      integrity:
        'sha512-sTSfBjoXBp89JvIKIefqw7U2CCebsc74kiY6awiGogKtoSGbgjYE/G/+l9sF3MWFPNc9IcoOC4ODfKHfxFmp0g==',
      license: 'MIT',
      dependencies: {
        'dunder-proto': '^1.0.1',
        'es-object-atoms': '^1.0.0',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/glob': {
      version: '7.2.3',
      integrity:
        'sha512-nFR0zLpU2YCaRxwoCJvL6UvCH2JFyFVIvwTLsIf21AuHlMskA1hhTdk+LlYJtOlYt9v6dvszD2BGRqBL+iQK9Q==',
      license: 'ISC',
      dependencies: {
        'fs.realpath': '^1.0.0',
        inflight: '^1.0.4',
        inherits: '2',
        minimatch: '^3.1.1',
        once: '^1.3.0',
        'path-is-absolute': '^1.0.0',
      },
      engines: {
        node: '*',
      },
      funding: {
        url: 'https://github.com/sponsors/isaacs',
      },
    },
    'node_modules/google-protobuf': {
      version: '3.21.4',
      integrity:
        'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
      license: '(BSD-3-Clause AND Apache-2.0)',
    },
    'node_modules/gopd': {
      version: '1.2.0',
      integrity:
        'sha512-ZUKRh6/kUFoAiTAtTYPZJ3hw9wNxx+BIBOijnlG9PnrJsCcSjs1wyyD6vJpaYtgnzDrKYRSqf3OO6Rfa93xsRg==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
      funding: {
        url: 'https://github.com/sponsors/ljharb',
      },
    },
    'node_modules/has-flag': {
      version: '4.0.0',
      integrity:
        'sha512-EykJT/Q1KjTWctppgIAgfSO0tKVuZUjhgMr17kqTumMl6Afv3EISleU7qZUzoXDFTAHTDC4NOoG/ZxU3EvlMPQ==',
      license: 'MIT',
      engines: {
        node: '>=8',
      },
    },
    'node_modules/has-symbols': {
      version: '1.1.0',
      integrity:
        'sha512-1cDNdwJ2Jaohmb3sg4OmKaMBwuC48sYni5HUw2DvsC8LjGTLK9h+eb1X6RyuOHe4hT0ULCW68iomhjUoKUqlPQ==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
      funding: {
        url: 'https://github.com/sponsors/ljharb',
      },
    },
    'node_modules/has-tostringtag': {
      version: '1.0.2',
      integrity:
        'sha512-NqADB8VjPFLM2V0VvHUewwwsw0ZWBaIdgo+ieHtK3hasLz4qeCRjYcqfB6AQrBggRKppKF8L52/VqdVsO47Dlw==',
      license: 'MIT',
      dependencies: {
        'has-symbols': '^1.0.3',
      },
      engines: {
        node: '>= 0.4',
      },
      funding: {
        url: 'https://github.com/sponsors/ljharb',
      },
    },
    'node_modules/has-unicode': {
      version: '2.0.1',
      integrity:
        'sha512-8Rf9Y83NBReMnx0gFzA8JImQACstCYWUplepDa9xprwwtmgEZUF0h/i5xSA625zB/I37EtrswSST6OXxwaaIJQ==',
      license: 'ISC',
    },
    'node_modules/hasown': {
      version: '2.0.4',
      integrity:
        'sha512-T2UbfbBEF32wiepXIsMlTW9+dDYC6wMh/t/vYA4tuOMKqWz/n3vr1NFSxQiyP+zk2mXsoMA/i/7qV6LKut1t1A==',
      license: 'MIT',
      dependencies: {
        'function-bind': '^1.1.2',
      },
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/https-proxy-agent': {
      version: '2.2.4',
      integrity:
        'sha512-OmvfoQ53WLjtA9HeYP9RNrWMJzzAz1JGaSFr1nijg0PVR1JaD/xbJq1mdEIIlxGpXp9eSe/O2LgU9DJmTPd0Eg==',
      license: 'MIT',
      dependencies: {
        'agent-base': '^4.3.0',
        debug: '^3.1.0',
      },
      engines: {
        node: '>= 4.5.0',
      },
    },
    'node_modules/inflight': {
      version: '1.0.6',
      integrity:
        'sha512-k92I/b08q4wvFscXCLvqfsHCrjrF7yiXsQuIVvVE7N82W3+aqpzuUdBbfhWcy/FZR3/4IgflMgKLOsvPDrGCJA==',
      license: 'ISC',
      dependencies: {
        once: '^1.3.0',
        wrappy: '1',
      },
    },
    'node_modules/inherits': {
      version: '2.0.4',
      integrity:
        'sha512-k/vGaX4/Yla3WzyMCvTQOXYeIHvqOKtnqBduzTHpzpQZzAskKMhZ2K+EnBiSM9zGSoIFeMpXKxa4dYeZIQqewQ==',
      license: 'ISC',
    },
    'node_modules/is-fullwidth-code-point': {
      version: '3.0.0',
      integrity:
        'sha512-zymm5+u+sCsSWyD9qNaejV3DFvhCKclKdizYaJUuHA83RLjb7nSuGnddCHGv0hk+KY7BMAlsWeK4Ueg6EV6XQg==',
      license: 'MIT',
      engines: {
        node: '>=8',
      },
    },
    'node_modules/long': {
      version: '4.0.0',
      integrity:
        'sha512-XsP+KhQif4bjX1kbuSiySJFNAehNxgLb6hPRGJ9QsUr8ajHkuXGdrHmFUTUUXhDwVX2R5bY4JNZEwbUiMhV+MA==',
      license: 'Apache-2.0',
    },
    'node_modules/make-dir': {
      version: '3.1.0',
      integrity:
        'sha512-g3FeP20LNwhALb/6Cz6Dd4F2ngze0jz7tbzrD2wAV+o9FeNHe4rL+yK2md0J/fiSf1sa1ADhXqi5+oVwOM/eGw==',
      license: 'MIT',
      dependencies: {
        semver: '^6.0.0',
      },
      engines: {
        node: '>=8',
      },
      funding: {
        url: 'https://github.com/sponsors/sindresorhus',
      },
    },
    'node_modules/make-dir/node_modules/semver': {
      version: '6.3.2',
      integrity:
        'sha512-GYrCADwpu6yV5OAvchkQ27Z5wwMxWAEMg5NNWjyHh/5DboFFqbdbvYNIvZouQpxXyeMPoTOh0vdPYKlf0ZswdQ==',
      license: 'ISC',
      bin: {
        semver: 'bin/semver.js',
      },
    },
    'node_modules/math-intrinsics': {
      version: '1.1.0',
      integrity:
        'sha512-/IXtbwEk5HTPyEwyKX6hGkYXxM9nbj64B+ilVJnC/R6B0pH5G4V3b0pVbL7DBj4tkhBAppbQUlf6F6Xl9LHu1g==',
      license: 'MIT',
      engines: {
        node: '>= 0.4',
      },
    },
    'node_modules/mime-db': {
      version: '1.52.0',
      integrity:
        'sha512-sPU4uV7dYlvtWJxwwxHD0PuihVNiE7TyAbQ5SWxDCB9mUYvOgroQOwYQQOKPJ8CIbE+1ETVlOoK1UC2nU3gYvg==',
      license: 'MIT',
      engines: {
        node: '>= 0.6',
      },
    },
    'node_modules/mime-types': {
      version: '2.1.35',
      integrity:
        'sha512-ZDY+bPm5zTTF+YpCrAU9nK0UgICYPT0QtT1NZWFv4s++TNkcgVaT0g6+4R2uI4MjQjzysHB1zxuWL50hzaeXiw==',
      license: 'MIT',
      dependencies: {
        'mime-db': '1.52.0',
      },
      engines: {
        node: '>= 0.6',
      },
    },
    'node_modules/minimatch': {
      version: '3.1.5',
      integrity:
        'sha512-VgjWUsnnT6n+NUk6eZq77zeFdpW2LWDzP6zFGrCbHXiYNul5Dzqk2HHQ5uFH2DNW5Xbp8+jVzaeNt94ssEEl4w==',
      license: 'ISC',
      dependencies: {
        'brace-expansion': '^1.1.7',
      },
      engines: {
        node: '*',
      },
    },
    'node_modules/minipass': {
      version: '5.0.0',
      integrity:
        'sha512-3FnjYuehv9k6ovOEbyOswadCDPX1piCfhV8ncmYtHOjuPwylVWsghTLo7rabjC3Rx5xD4HDx8Wm1xnMF7S5qFQ==',
      license: 'ISC',
      engines: {
        node: '>=8',
      },
    },
    'node_modules/minizlib': {
      version: '2.1.2',
      integrity:
        'sha512-bAxsR8BVfj60DWXHE3u30oHzfl4G7khkSuPW+qvpd7jFRHm7dLxOjUk1EHACJ/hxLY8phGJ0YhYHZo7jil7Qdg==',
      license: 'MIT',
      dependencies: {
        minipass: '^3.0.0',
        yallist: '^4.0.0',
      },
      engines: {
        node: '>= 8',
      },
    },
    'node_modules/minizlib/node_modules/minipass': {
      version: '3.3.6',
      integrity:
        'sha512-DxiNidxSEK+tHG6zOIklvNOwm3hvCrbUrdtzY74U6HKTJxvIDfOUL5W5P2Ghd3DTkhhKPYGqeNUIh5qcM4YBfw==',
      license: 'ISC',
      dependencies: {
        yallist: '^4.0.0',
      },
      engines: {
        node: '>=8',
      },
    },
    'node_modules/mkdirp': {
      version: '1.0.4',
      integrity:
        'sha512-vVqVZQyf3WLx2Shd0qJ9xuvqgAyKPLAiqITEtqW0oIUjzo3PePDd6fW9iFz30ef7Ysp/oiWqbhszeGWW2T6Gzw==',
      license: 'MIT',
      bin: {
        mkdirp: 'bin/cmd.js',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/ms': {
      version: '2.1.3',
      integrity:
        'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
      license: 'MIT',
    },
    'node_modules/node-api-headers': {
      version: '1.9.0',
      integrity:
        'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
      license: 'MIT',
    },
    'node_modules/node-fetch': {
      version: '2.7.0',
      integrity:
        'sha512-c4FRfUm/dbcWZ7U+1Wq0AwCyFL+3nt2bEw05wfxSz+DWpWsitgmSgYmy2dQdWyKC1694ELPqMs/YzUSNozLt8A==',
      license: 'MIT',
      dependencies: {
        'whatwg-url': '^5.0.0',
      },
      engines: {
        node: '4.x || >=6.0.0',
      },
      peerDependencies: {
        encoding: '^0.1.0',
      },
      peerDependenciesMeta: {
        encoding: {
          optional: true,
        },
      },
    },
    'node_modules/nopt': {
      version: '5.0.0',
      integrity:
        'sha512-Tbj67rffqceeLpcRXrT7vKAN8CwfPeIBgM7E6iBkmKLV7bEMwpGgYLGv0jACUsECaa/vuxP0IjEont6umdMgtQ==',
      license: 'ISC',
      dependencies: {
        abbrev: '1',
      },
      bin: {
        nopt: 'bin/nopt.js',
      },
      engines: {
        node: '>=6',
      },
    },
    'node_modules/npmlog': {
      version: '5.0.1',
      integrity:
        'sha512-AqZtDUWOMKs1G/8lwylVjrdYgqA4d9nu8hc+0gzRxlDb1I10+FHBGMXs6aiQHFdCUUlqH99MUMuLfzWDNDtfxw==',
      license: 'ISC',
      dependencies: {
        'are-we-there-yet': '^2.0.0',
        'console-control-strings': '^1.1.0',
        gauge: '^3.0.0',
        'set-blocking': '^2.0.0',
      },
    },
    'node_modules/object-assign': {
      version: '4.1.1',
      integrity:
        'sha512-rJgTQnkUnH1sFw8yT6VSU3zD3sWmu6sZhIseY8VX+GRu3P6F7Fu+JNDoXfklElbLJSnc3FUQHVe4cU5hj+BcUg==',
      license: 'MIT',
      engines: {
        node: '>=0.10.0',
      },
    },
    'node_modules/once': {
      version: '1.4.0',
      integrity:
        'sha512-lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+Nyvgdz/aIyNi6Z9MzO5dv1H8n58/GELp3+w==',
      license: 'ISC',
      dependencies: {
        wrappy: '1',
      },
    },
    'node_modules/path-is-absolute': {
      version: '1.0.1',
      integrity:
        'sha512-AVbw3UJ2e9bq64vSaS9Am0fje1Pa8pbGqTTsmXfaIiMpnr5DlDhfJOuLj9Sf95ZPVDAUerDfEk88MPmPe7UCQg==',
      license: 'MIT',
      engines: {
        node: '>=0.10.0',
      },
    },
    'node_modules/progress': {
      version: '2.0.3',
      integrity:
        'sha512-7PiHtLll5LdnKIMw100I+8xJXR5gW2QwWYkT6iJva0bXitZKa/XMrSbdmg3r2Xnaidz9Qumd0VPaMrZlF9V9sA==',
      license: 'MIT',
      engines: {
        node: '>=0.4.0',
      },
    },
    'node_modules/readable-stream': {
      version: '3.6.2',
      integrity:
        'sha512-9u/sniCrY3D5WdsERHzHE4G2YCXqoG5FTHUiCC4SIbr6XcLZBY05ya9EKjYek9O5xOAwjGq+1JdGBAS7Q9ScoA==',
      license: 'MIT',
      dependencies: {
        inherits: '^2.0.3',
        string_decoder: '^1.1.1',
        'util-deprecate': '^1.0.1',
      },
      engines: {
        node: '>= 6',
      },
    },
    'node_modules/regenerator-runtime': {
      version: '0.13.11',
      integrity:
        'sha512-kY1AZVr2Ra+t+piVaJ4gxaFaReZVH40AKNo7UCX6W+dEwBo/2oZJzqfuN1qLq1oL45o56cPaTXELwrTh8Fpggg==',
      license: 'MIT',
    },
    'node_modules/require-directory': {
      version: '2.1.1',
      integrity:
        'sha512-fGxEI7+wsG9xrvdjsrlmL22OMTTiHRwAMroiEeMgq8gzoLC/PQr7RsRDSTLUg/bZAZtF+TVIkHc6/4RIKrui+Q==',
      license: 'MIT',
      engines: {
        node: '>=0.10.0',
      },
    },
    'node_modules/rimraf': {
      version: '2.7.1',
      integrity:
        'sha512-uWjbaKIK3T1OSVptzX7Nl6PvQ3qAGtKEtVRjRuazjfL3Bx5eI409VZSqgND+4UNnmzLVdPj9FqFJNPqBZFve4w==',
      license: 'ISC',
      dependencies: {
        glob: '^7.1.3',
      },
      bin: {
        rimraf: 'bin.js',
      },
    },
    'node_modules/safe-buffer': {
      version: '5.2.1',
      integrity:
        'sha512-rp3So07KcdmmKbGvgaNxQSJr7bGVSVk5S9Eq1F+ppbRo70+YeaDxkw5Dd8NPN+GD6bjnYm2VuPuCXmpuYvmCXQ==',
      funding: [
        {
          type: 'github',
          url: 'https://github.com/sponsors/feross',
        },
        {
          type: 'patreon',
          url: 'https://www.patreon.com/feross',
        },
        {
          type: 'consulting',
          url: 'https://feross.org/support',
        },
      ],
      license: 'MIT',
    },
    'node_modules/seedrandom': {
      version: '3.0.5',
      integrity:
        'sha512-8OwmbklUNzwezjGInmZ+2clQmExQPvomqjL7LFqOYqtmuxRgQYqOD3mHaU+MvZn5FLUeVxVfQjwLZW/n/JFuqg==',
      license: 'MIT',
    },
    'node_modules/semver': {
      version: '7.8.6',
      integrity:
        'sha512-9lpSSU4Mly3mrtruwLs1eLK6+gzbzqeBFwRNjIjE+9LuDpWdYctrQlQ3ej1Ilgi7gknpsTRnPoLP8DpCHqHIJw==',
      license: 'ISC',
      bin: {
        semver: 'bin/semver.js',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/set-blocking': {
      version: '2.0.0',
      integrity:
        'sha512-KiKBS8AnWGEyLzofFfmvKwpdPzqiy16LvQfK3yv/fVH7Bj13/wl3JSR1J+rfgRE9q7xUJK4qvgS8raSOeLUehw==',
      license: 'ISC',
    },
    'node_modules/signal-exit': {
      version: '3.0.7',
      integrity:
        'sha512-wnD2ZE+l+SPC/uoS0vXeE9L1+0wuaMqKlfz9AMUo38JsyLSBWSFcHR1Rri62LZc12vLr1gb3jl7iwQhgwpAbGQ==',
      license: 'ISC',
    },
    'node_modules/sprintf-js': {
      version: '1.0.3',
      integrity:
        'sha512-D9cPgkvLlV3t3IzL0D0YLvGA9Ahk4PcvVwUbN0dSGr1aP0Nrt4AEnTUbuGvquEC0mA64Gqt1fzirlRs5ibXx8g==',
      license: 'BSD-3-Clause',
    },
    'node_modules/string_decoder': {
      version: '1.3.0',
      integrity:
        'sha512-hkRX8U1WjJFd8LsDJ2yQ/wWWxaopEsABU1XfkM8A+j0+85JAGppt16cr1Whg6KIbb4okU6Mql6BOj+uup/wKeA==',
      license: 'MIT',
      dependencies: {
        'safe-buffer': '~5.2.0',
      },
    },
    'node_modules/string-width': {
      version: '4.2.3',
      integrity:
        'sha512-wKyQRQpjJ0sIp62ErSZdGsjMJWsap5oRNihHhu6G7JVO/9jIB6UyevL+tXuOqrng8j/cxKTWyWUwvSTriiZz/g==',
      license: 'MIT',
      dependencies: {
        'emoji-regex': '^8.0.0',
        'is-fullwidth-code-point': '^3.0.0',
        'strip-ansi': '^6.0.1',
      },
      engines: {
        node: '>=8',
      },
    },
    'node_modules/strip-ansi': {
      version: '6.0.1',
      integrity:
        'sha512-Y38VPSHcqkFrCpFnQ9vuSXmquuv5oXOKpGeT6aGrr3o3Gc9AlVa6JBfUSOCnbxGGZF+/0ooI7KrPuUSztUdU5A==',
      license: 'MIT',
      dependencies: {
        'ansi-regex': '^5.0.1',
      },
      engines: {
        node: '>=8',
      },
    },
    'node_modules/supports-color': {
      version: '7.2.0',
      integrity:
        'sha512-qpCAvRl9stuOHveKsn7HncJRvv501qIacKzQlO/+Lwxc9+0q2wLyv4Dfvt80/DPn2pqOBsJdDiogXGR9+OvwRw==',
      license: 'MIT',
      dependencies: {
        'has-flag': '^4.0.0',
      },
      engines: {
        node: '>=8',
      },
    },
    'node_modules/tar': {
      version: '6.2.1',
      integrity:
        'sha512-DZ4yORTwrbTj/7MZYq2w+/ZFdI6OZ/f9SFHR+71gIVUZhOQPHzVCLpvRnPgyaMpfWxxk/4ONva3GQSyNIKRv6A==',
      license: 'ISC',
      dependencies: {
        chownr: '^2.0.0',
        'fs-minipass': '^2.0.0',
        minipass: '^5.0.0',
        minizlib: '^2.1.1',
        mkdirp: '^1.0.3',
        yallist: '^4.0.0',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/tr46': {
      version: '0.0.3',
      integrity:
        'sha512-N3WMsuqV66lT30CrXNbEjx4GEwlow3v6rr4mCcv6prnfwhS01rkgyFdjPNBYd9br7LpXV1+Emh01fHnq2Gdgrw==',
      license: 'MIT',
    },
    'node_modules/undici-types': {
      version: '8.9.0',
      integrity:
        'sha512-KTDyRTYX8sWmKXAikPHHSyc63CRPETMctyjKFupcC6OBLXT3xsN0e9aF7m+mIXutFWpUXuedtowG7iLOzp0kQg==',
      license: 'MIT',
    },
    'node_modules/util-deprecate': {
      version: '1.0.2',
      integrity:
        'sha512-EPD5q1uXyFxJpCrLnCc1nHnq3gOa6DZBocAIiI2TaSCA7VCJ1UJDMagCzIkXNsUYfD1daK//LTEQ8xiIbrHtcw==',
      license: 'MIT',
    },
    'node_modules/webidl-conversions': {
      version: '3.0.1',
      integrity:
        'sha512-2JAn3z8AR6rjK8Sm8orRC0h/bcl/DqL7tRPdGZ4I1CjdF+EaMLmYxBHyXuKL849eucPFhvBoxMsflfOb8kxaeQ==',
      license: 'BSD-2-Clause',
    },
    'node_modules/whatwg-url': {
      version: '5.0.0',
      integrity:
        'sha512-saE57nupxk6v3HY35+jzBwYa0rKSy0XR8JSxZPwgLr7ys0IBzhGviA1/TUGJLmSVqs8pb9AnvICXEuOHLprYTw==',
      license: 'MIT',
      dependencies: {
        tr46: '~0.0.3',
        'webidl-conversions': '^3.0.0',
      },
    },
    'node_modules/wide-align': {
      version: '1.1.5',
      integrity:
        'sha512-eDMORYaPNZ4sQIuuYPDHdQvf4gyCF9rEEV/yPxGfwPkRodwEgiMUUXTx/dex+Me0wxx53S+NgUHaP7y3MGlDmg==',
      license: 'ISC',
      dependencies: {
        'string-width': '^1.0.2 || 2 || 3 || 4',
      },
    },
    'node_modules/wrap-ansi': {
      version: '7.0.0',
      integrity:
        'sha512-YVGIj2kamLSTxw6NsZjoBxfSwsn0ycdesmc4p+Q21c5zPuZ1pl+NfxVdxPtdHvmNVOQ6XSYG4AUtyt/Fi7D16Q==',
      license: 'MIT',
      dependencies: {
        'ansi-styles': '^4.0.0',
        'string-width': '^4.1.0',
        'strip-ansi': '^6.0.0',
      },
      engines: {
        node: '>=10',
      },
      funding: {
        url: 'https://github.com/chalk/wrap-ansi?sponsor=1',
      },
    },
    'node_modules/wrappy': {
      version: '1.0.2',
      integrity:
        'sha512-l4Sp/DRseor9wL6EvV2+TuQn63dMkPjZ/sp9XkghTEbV9KlPS1xUsZ3u7/IQO4wxtcFB4bgpQPRcR3QCvezPcQ==',
      license: 'ISC',
    },
    'node_modules/y18n': {
      version: '5.0.8',
      integrity:
        'sha512-0pfFzegeDWJHJIAmTLRP2DwHjdF5s7jo9tuztdQxAhINCdvS+3nGINqPd00AphqJR/0LhANUS6/+7SCb98YOfA==',
      license: 'ISC',
      engines: {
        node: '>=10',
      },
    },
    'node_modules/yallist': {
      version: '4.0.0',
      integrity:
        'sha512-3wdGidZyq5PB084XLES5TpOSRA3wjXAlIWMhum2kRcv/41Sn2emQ0dycQW4uZXLejwKvg6EsvbdlVL+FYEct7A==',
      license: 'ISC',
    },
    'node_modules/yargs': {
      version: '16.2.2',
      integrity:
        'sha512-Nt9ZJjXTv5R8MHbqby/wXQ6Gi0Bb3TcYZkR1bzuL4yB2OxWPkXknz513gEF0GoA6tn00UpbPvERW8rzCuWCA6w==',
      license: 'MIT',
      dependencies: {
        cliui: '^7.0.2',
        escalade: '^3.1.1',
        'get-caller-file': '^2.0.5',
        'require-directory': '^2.1.1',
        'string-width': '^4.2.0',
        y18n: '^5.0.5',
        'yargs-parser': '^20.2.2',
      },
      engines: {
        node: '>=10',
      },
    },
    'node_modules/yargs-parser': {
      version: '20.2.9',
      integrity:
        'sha512-y11nGElTIV+CT3Zv9t7VKl+Q3hTQoT9a1Qzezhhl6Rp21gJ/IVTW7Z3y9EWXhuUBC2Shnf+DX0antecpAwSP8w==',
      license: 'ISC',
      engines: {
        node: '>=10',
      },
    },
  },
};
