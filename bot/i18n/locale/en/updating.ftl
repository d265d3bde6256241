# !update: an organisation proposes changes of its own entry.
command-update = Propose a change of your organisation's entry: telephone, mail, hours and the like
    .words = update
    .usage = !update phone|emergency|fax|mail [add|remove|NUMBER] VALUE [tlp:LABEL] · hours|timezone|languages|website|security.txt|response VALUE|remove; several, a line each
    .example = !update phone +52 55 1234 5678
update-do-add = add
update-do-remove = remove delete
update-word-phone = phone telephone
update-word-emergency-phone = emergency emergency-phone
update-word-fax = fax
update-word-email = mail email
update-word-office_hours = hours office-hours
update-word-timezone = timezone time-zone zone
update-word-languages = languages language
update-word-website = website web
update-word-security_txt = security.txt
update-word-response = response
update-usage = What shall be changed? For example `!update phone +52 55 1234 5678`, `!update mail add noc@cert.example.mx tlp:CLEAR`, `!update hours Mon-Fri 09:00-18:00`; several changes a line each. Nothing was proposed.
update-which = Which one does `{ $line }` mean? Reply with a number. Nothing was proposed.
update-not-here = Not everybody who reads along here may see a contact under that label: change it in your own room with enlace, and TLP:RED and TLP:AMBER+STRICT only if you are verified by a statement. **Nothing was proposed, and I have not kept the text.**
update-preview = **Propose this for { $organisation }?** Nothing is changed yet.
update-beside = { $count ->
        [one] The proposal { $refs } is open already and changes the same of your entry. Once one of the two is approved, the other no longer fits and is closed.
       *[other] The proposals { $refs } are open already and change the same of your entry. Once one of them is approved, the others no longer fit and are closed.
    }
update-ok = Reply **ok** to propose it. That the rest of the entry is right, `!confirm` says.
update-proposed = Proposed as { $ref }: it waits for a coordinator until { $until }, and nothing is changed yet. I tell you what becomes of it.
error-update-what = “{ $word }” is nothing of your entry that you can change here. Nothing was proposed.
    .hint = You can change: phone, emergency, fax, mail, hours, timezone, languages, website, security.txt, response. For people `!people`; for anything else ask a coordinator.
error-update-too-much = At most { $most } changes at once. Nothing was proposed.
    .hint = Propose the first ones, and the others once those are approved.
error-update-of-whom = The directory names you in no organisation, so you have no entry to change. Nothing was proposed.
    .hint = Somebody of the organisation changes its entry.
error-not-for-this-field = “{ $value }” cannot stand there in an entry ({ $field ->
        [emergency-phone] emergency number
        [email] mail
        [office_hours] office hours
        [timezone] time zone
        [security_txt] security.txt
        [response] expected response
       *[other] { $field }
    }). Nothing was proposed.
    .hint = { $field ->
        [phone] Write the whole international number: `+52 55 1234 5678`, an extension as `ext. 12`.
        [emergency-phone] Write the whole international number: `+52 55 1234 5678`, an extension as `ext. 12`.
        [fax] Write the whole international number: `+52 55 1234 5678`.
        [email] Write one address, without a name: `cert@cert.example.mx`.
        [office_hours] Write them as `Mon-Fri 09:00-18:00`, or `24/7`.
        [timezone] Write its IANA name: `America/Mexico_City`.
        [languages] Write their codes, the one to write to you in first: `es, en`.
        [website] Write the whole address: `https://cert.example.mx`.
        [security_txt] Write the whole address: `https://cert.example.mx/.well-known/security.txt`.
        [response] Write it as `critical 15m, high 4h, medium 2d`, at most 30 days.
       *[other] `!help update` shows how.
    }
