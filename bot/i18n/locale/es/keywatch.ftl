# Llaves OpenPGP vigiladas y renovadas.
keywatch-head = **Hay llaves OpenPGP que requieren atención**
keywatch-soon = { $owner }: la llave { $key } vence el { $until }, en { $days ->
        [one] 1 día
       *[other] { $days } días
    }.
keywatch-over = { $owner }: la llave { $key } **venció** el { $until }.
keywatch-revoked = { $owner }: la llave { $key } **fue revocada**.
keywatch-no-encryption = { $owner }: no se puede cifrar para la llave { $key }; no tiene una subllave válida para ello.
keywatch-how = Su titular la prorroga o la reemplaza, y envía la llave pública a quien coordina; se propone desde la consola (`enlace directory refresh`).
keywatch-withdrawn = **La llave OpenPGP que respaldaba la verificación de { $user } fue revocada** ({ $key }). Desde ahora nada llega a esta persona, y las salas donde está quedan retenidas hasta que { $user } envíe `!verificar` con una declaración firmada con una nueva llave del directorio, o salga de la sala.
cli-refresh-unknown = Ninguna entrada del directorio tiene la llave { $fingerprint }: se omite.
error-nothing-to-refresh = «{ $file }» no dice nada nuevo sobre una llave del directorio. No se escribió nada.
    .hint = Una llave nueva, con otra huella, entra con `enlace directory import`.
