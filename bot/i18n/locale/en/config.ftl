# What can be wrong with the configuration.
error-config = { $count ->
    [one] The configuration has one problem:
   *[other] The configuration has { $count } problems:
  }
  { $lines }
error-config-problem = { $where }: `{ $setting }` is not right.
error-config-unreadable = { $where }: `{ $setting }` cannot be read: { $reason }.
error-config-bad-yaml = { $where }: this is not valid YAML: { $reason }.
error-config-twice = { $where }: `{ $setting }` stands twice; the first is in line { $first }. Keep one.
error-config-unknown-key = { $where }: there is no setting `{ $setting }`.
error-config-unknown-key-near = { $where }: there is no setting `{ $setting }`. Did you mean `{ $near }`?
error-config-missing-key = { $where }: `{ $setting }` is missing. It is required, for example: `{ $example }`.
error-config-wants-text = { $where }: `{ $setting }` must be text; put it in quotes, for example: `{ $example }`.
error-config-wants-number = { $where }: `{ $setting }` must be a whole number, for example: `{ $example }`.
error-config-too-small = { $where }: `{ $setting }` must be at least { $limit }.
error-config-too-large = { $where }: `{ $setting }` must be at most { $limit }.
error-config-wants-truth = { $where }: `{ $setting }` must be `true` or `false`.
error-config-wants-choice = { $where }: `{ $setting }` must be one of: { $choices }.
error-config-wants-list = { $where }: `{ $setting }` must be a list, for example: `{ $example }`.
error-config-wants-section = { $where }: `{ $setting }` must be a section: its settings stand below it, indented, as `name: value`.
error-config-wants-form = { $where }: `{ $setting }` does not have the right form, for example: `{ $example }`.
error-config-secret-in-file = { $where }: `{ $setting }` is a secret and does not belong in the configuration.
    .hint = Put it in a file of mode 0600 and name that file in `{ $setting }_file`, or give it as a systemd credential.
error-config-secret-in-url = { $where }: `{ $setting }` holds a password.
    .hint = Take it out and name a file that holds it in `database.password_file`.
error-config-secret-twice = { $where }: `{ $setting }` is also given by `{ $other }`. Keep one of the two.
error-config-open-to-others = { $where }: others on this machine can read { $path }, which `{ $setting }` names.
    .hint = Run: `chmod 600 { $path }`
error-config-plain-http = { $where }: `{ $setting }` must begin with `https://` (`http://` is only for this machine itself).
error-config-mail-without-sender = { $where }: `{ $setting }` is missing; with `notify.smtp_host` there is mail, and mail has a sender.
error-config-plain-mail = { $where }: `{ $setting }` may be `none` only where `notify.smtp_host` is this machine itself.
error-config-webhooks-without-secret = { $where }: `{ $setting }` is not given; every POST of `notify.webhooks` is signed with it.
    .hint = Name a file that holds it in `notify.webhook_secret_file`.
error-config-same-port = { $where }: `{ $setting }` must not be `web.port`: what people reach from outside is served on a port of its own.
error-config-stale-before-asked = { $where }: `{ $setting }` must not be less than `directory.confirm_every_days`: entries would be stale before anybody is asked about them.
error-config-not-loopback = { $where }: `{ $setting }` must be an address of this machine itself, `127.0.0.1` or `::1`; a reverse proxy may publish it.
error-config-too-few-coordinators = { $where }: `{ $setting }` needs at least two people (one, if `policy.approvals` is 1), so that trust never hangs on one account or one key.
error-config-same-coordinator = { $where }: `{ $setting }` names { $value } for two coordinators. Each needs an account and a key of their own.
error-config-language-not-offered = { $where }: `{ $setting }` is `{ $value }`, and enlace does not speak it. It must be one of: { $choices }.
