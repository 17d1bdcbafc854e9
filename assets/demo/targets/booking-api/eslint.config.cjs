const security = require('eslint-plugin-security');
const secrets = require('eslint-plugin-no-secrets');

module.exports = [
  security.configs.recommended,
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'commonjs' },
    plugins: { 'no-secrets': secrets },
    rules: {
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-buffer-constructor': 'error',
      'no-unused-vars': 'warn',
      'no-empty-function': 'warn',
      'guard-for-in': 'warn',
      'eqeqeq': 'error',
      'radix': 'warn',
      'no-console': 'warn',
      'handle-callback-err': 'warn',
      'require-atomic-updates': 'error',
      'global-require': 'warn',
      'security/detect-child-process': 'error',
      'security/detect-eval-with-expression': 'error',
      'security/detect-unsafe-regex': 'error',
      'no-secrets/no-secrets': ['error', { tolerance: 4 }],
    },
  },
];
