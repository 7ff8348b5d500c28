# Was ein Mensch liest, auf Deutsch; die Namen und Werte sind die von en.ftl, das Grundlage und Vorbild ist.

## Numbers (formats.py)

percent = { $number } %
undefined = nicht definiert
interval = { $value } ({ $low } bis { $high })
duration-minutes = etwa { $minutes } min
duration-seconds = etwa { $seconds } s

## Was ein Betreiber eingestellt hat (ui/app/host_settings.py)

setting-wrong = { $name }={ $given }: { $why }
setting-unknown = { $name }: Diese Einstellung gibt es nicht. Die ähnlichste ist { $nearest }; docs/hosting.md nennt alle.
setting-number = Nötig ist eine ganze Zahl von { $least } bis { $most }.
setting-choice = Nötig ist eines von { $choices }.
setting-folder = Diesen Ordner gibt es nicht.
setting-no-deck = In { $folder } oder einem Ordner darin liegt keine deck.toml.
setting-address = Das ist keine Adresse dieses Rechners wie 127.0.0.1 oder 0.0.0.0.
setting-host = „{ $host }“ ist kein Rechnername wie page.example.org oder *.example.org.
setting-origin = „{ $origin }“ ist keine Herkunft einer Seite wie https://moodle.example.org, ohne Pfad.
setting-path = Das ist kein Pfad wie /xray.
setting-login-file = Diese Datei mit Namen und Passwort-Hashes gibt es nicht.
setting-login-line = Zeile { $line } ist kein „Name:Hash“, wie `htpasswd -B` es schreibt.
setting-login-twice = Zeile { $line } hat einen Namen, den eine frühere Zeile hat.
setting-login-empty = Die Datei nennt niemanden.
setting-network = CXR_NETWORK={ $name }: Dieses Netz gibt es nicht. Es gibt: { $known }
login-asked = Namen und Passwort gibt, wer diese Seite betreibt.

## Was Programmen gesagt wird (ui/app/endpoints.py)

program-network = Dieses Netz gibt es hier nicht. Es gibt: { $known }
program-no-films = Diese Seite nimmt von Programmen keine Aufnahmen an: Fragen Sie nach einer synthetischen wie { $synthetic }.
    .hint = Wer sie betreibt, kann Aufnahmen mit CXR_FILM_ENDPOINTS=on erlauben.
program-many = Eine Antwort enthält höchstens { $most } Karten: Fragen Sie nach weniger Befunden oder Verfahren.
program-no-address = Diese Seite holt nichts von anderen Adressen.
program-many-methods = Das geht mit höchstens { $most } Methoden: Fragen Sie nach weniger.
program-regions = Eine Region besteht aus x, y, Breite und Höhe in Anteilen des Bildes, und es sind höchstens { $most }.
program-long =
    Das dauerte mehr als { $minutes } Minuten und wurde beendet: Fragen Sie nach weniger Methoden.
    `python -m cxr_demo evaluate` nimmt sich die Zeit.
program-slow = Zu langsam für die Frage eines Programms: { $methods }. `python -m cxr_demo explain` macht solche Karten.
program-unexpected = Hier ging etwas schief (Kennung { $reference }).

## Uploads that are not taken (upload_text.py)

host-unknown =
    Unter dem Namen { $host } antwortet diese Seite nicht. Wer sie betreibt, kann ihn in CXR_HOSTS angeben.
upload-too-large = Eine Datei darf höchstens { $megabytes } MB haben: Exportieren Sie ein einzelnes, kleineres Bild.
upload-too-many = Höchstens { $files } Dateien können auf einmal hochgeladen werden: Wählen Sie weniger.
upload-yours-waiting = Ihre früheren Dateien warten noch darauf, gelesen zu werden: Versuchen Sie es in einer Minute wieder.
upload-others-waiting = Zu viele Dateien warten darauf, gelesen zu werden: Versuchen Sie es in einer Minute wieder.
upload-disk-full = Der Server hat im Augenblick keinen Platz für diese Datei: Versuchen Sie es in einigen Minuten wieder.
queue-full = Es warten mehr Menschen, als diese Seite zugleich bedienen kann: Sie fragt von selbst noch einmal.
upload-damaged = Die Datei wurde beim Hochladen beschädigt: Versuchen Sie es noch einmal.
upload-gone = Diese hochgeladene Datei ist nicht mehr da.
    .hint = Laden Sie die Datei noch einmal hoch.

## Networks to choose from (checkpoint_text.py)

checkpoint-choice = { $title } ({ $quality })
quality-auroc = AUROC { $figure }
quality-accuracy = Genauigkeit { $figure }
quality-elsewhere = { $quality }, in anderen Krankenhäusern { $elsewhere }
quality-not-measured = nicht gemessen

## Findings (findings_text.py)

verdict-above = über der Schwelle
verdict-below = unter der Schwelle
verdict-most-probable = am wahrscheinlichsten
verdict-less-probable = weniger wahrscheinlich
verdict-cannot-tell = für dieses Netz nicht erkennbar
verdict-no-threshold = keine Schwelle

maps-off-below =
    Die Karten sind zunächst aus: Der Wert liegt unter seiner Schwelle, und die Karte eines niedrigen Werts führt
    leicht in die Irre.
maps-off-less-probable =
    Die Karten sind zunächst aus: Ein anderer Befund ist wahrscheinlicher, und die Karte eines niedrigen Werts führt
    leicht in die Irre.
maps-off-cannot-tell =
    Die Karten sind zunächst aus: Dieses Netz kann den Befund nicht erkennen, und die Karte eines Werts, der nichts
    sagt, führt leicht in die Irre.
show-anyway-cannot-tell = Trotzdem zeigen: { verdict-cannot-tell }

sorted-by-probability = { $calibrated ->
    [yes] Nach der Wahrscheinlichkeit geordnet. Genau einer ist die Antwort: der wahrscheinlichste.
   *[other] Nach dem Wert geordnet. Genau einer ist die Antwort: der mit dem höchsten.
    }
sorted-without-threshold = { $calibrated ->
    [yes] Nach der Wahrscheinlichkeit
   *[other] Nach dem Wert
    } geordnet, da keine Schwelle gilt{ sorted-untold }.
sorted-by-share =
    Danach geordnet, wie weit jeder über seiner Schwelle liegt{ $without ->
        [yes] , dann die ohne Schwelle
       *[other] {""}
    }{ sorted-untold }.
# Das Ende von beiden.
sorted-untold = { $untold ->
    [yes] ; was dieses Netz nicht erkennen kann, steht zuletzt
   *[other] {""}
    }

threshold = Schwelle
threshold-above-own = über Ihrer Schwelle
threshold-below-own = unter Ihrer Schwelle
threshold-cost =
    findet { $found } von 100, die ihn haben; meldet ihn fälschlich bei { $wrong } von 100, die ihn nicht haben
threshold-reset = Zurück zu { $threshold }

figures = Was diese Zahlen bedeuten
figures-meaning =
    AUROC ist die Wahrscheinlichkeit, dass eine Aufnahme mit dem Befund einen höheren Wert bekommt als eine ohne: 1 heißt
    immer, 0,5 ist geraten; in Klammern steht das 95-%-Intervall. Alles ist gemessen an { $films ->
        [one] einer Testaufnahme
       *[other] { $films } Testaufnahmen
    }{ $patients ->
        [0] {""}
        [one] {" "}von einem Menschen
       *[other] {" "}von { $patients } Menschen
    }.
figures-threshold =
    Eine Schwelle liegt dort, wo die beiden Anteile zusammen auf anderen, dafür zurückgelegten Aufnahmen am größten
    sind. Der gefundene Anteil derer, die den Befund haben, heißt Sensitivität; der Anteil darunter von denen ohne ihn
    Spezifität.

# Durch Strichpunkte verbunden.
auroc = AUROC { $figure }
auroc-of-films = AUROC { $figure } aus { $positive ->
        [one] einer Aufnahme
       *[other] { $positive } Aufnahmen
    } mit und { $negative } ohne Befund
auroc-guessing = { $guessing } ist geraten
auroc-elsewhere = in anderen Krankenhäusern { $figure }
auroc-elsewhere-guessing = in anderen Krankenhäusern { $figure }, was geraten sein kann
auroc-not-measured = Nicht an Testaufnahmen gemessen.

rates =
    Schwelle { $threshold }: findet { $found } derer, die ihn haben; { $spared } derer ohne ihn liegen darunter
near = von { $films } Testaufnahmen mit einem Wert von { $low } bis { $high } hatten ihn { $positive }: { $share }
near-few =
    zu wenige Testaufnahmen mit einem Wert von { $low } bis { $high } ({ $films }), um zu sagen, wie oft sie ihn hatten
near-elsewhere = von { $films } solchen Aufnahmen anderer Krankenhäuser { $positive }: { $share }
near-elsewhere-few = zu wenige solche Aufnahmen anderer Krankenhäuser ({ $films })
rates-no-threshold = keine Schwelle: { $films } der zurückgelegten Aufnahmen { $films ->
        [one] hat
       *[other] haben
    } ihn
rates-not-measured = Schwelle { $threshold }: nicht gemessen
rates-of-answer =
    er ist die Antwort bei { $right } solcher Aufnahmen und, fälschlich, bei { $wrong } aller anderen

## Scales of the maps (scales_text.py)

scale = Skala
    .colours = Wie Farben und Zahlen skaliert sind
scale-relative = Relativ
    .short = Jede Karte hat eigene Farben: Vergleichen Sie zwischen Karten die Orte, nicht die Stärke.
    .meaning =
        Jede Karte hat ihre eigene Skala, voll ab dem 99,5. Perzentil ihrer Werte: Vergleichen Sie Farben innerhalb
        eines Feldes, Zahlen zwischen Feldern. Wo eine Karte null ist, bleibt die Aufnahme unverändert.
scale-absolute = Absolut
    .short = Karten einer Einheit teilen ihre Farben: Vergleichen Sie zwischen ihnen die Stärke.
    .meaning =
        Karten einer Einheit haben eine gemeinsame Skala, voll ab dem größten der 99,5. Perzentile der jetzt gezeigten:
        Vergleichen Sie Farben zwischen ihren Feldern. Liegen die Karten um mehr als das Dreißigfache auseinander, wie Regeln der
        LRP, ist die Skala logarithmisch, damit auch die schwächste zu sehen ist. Relative Karten behalten ihre eigene.
        Wo eine Karte null ist, bleibt die Aufnahme unverändert.
scale-keep = Behalten
    .hint = Diese Skala auch für andere Befunde, Netze und Aufnahmen behalten
    .short = Sie behalten die Farben: Vergleichen Sie die Stärke zwischen Befunden, Netzen und Aufnahmen.
    .meaning =
        Sie behalten die Skala: Karten ihrer Einheiten haben sie, was auch gezeigt wird. Vergleichen Sie ihre Farben
        zwischen Befunden, Netzen und Aufnahmen. Wo eine Karte null ist, bleibt die Aufnahme unverändert.

# Unter einer Farbleiste.
scale-own = { $unit }, eigene Skala
scale-own-no-unit = { $unit }: ohne Einheit, eigene Skala
scale-shared = { $unit }, { $maps ->
        [one] für eine Karte
       *[other] gemeinsam für { $maps } Karten
    }
scale-logarithmic = { $scale }, logarithmisch
scale-kept = { $unit }, die Skala, die Sie behalten
scale-shared-alone = { $unit }, keine andere Karte dieser Einheit
scale-shared-no-unit = { $unit }: ohne Einheit, teilt keine Skala
scale-alone-full = { $scale }; allein voll bei { $limit }

## Findings, by the key of a card (labels.py)

finding-normal = Unauffällig
    .gloss = Keiner der anderen Befunde dieser Liste; über alles Übrige sagt das nichts.
finding-bacterial_pneumonia = Bakterielle Pneumonie
    .gloss = Oft eine dichte, gut begrenzte Verschattung in einem Lungenlappen.
finding-viral_pneumonia = Virale Pneumonie
    .gloss = Oft milchige, diffuse Verschattungen auf beiden Seiten.
finding-covid19 = COVID-19
    .gloss = Oft milchige Verschattungen auf beiden Seiten, zu den Rändern und nach unten hin.
finding-no_finding = Kein Befund
    .gloss = Der Bericht nennt keinen der gesuchten Befunde; das heißt nicht gesund.
finding-enlarged_cardiomediastinum = Verbreitertes Kardiomediastinum
    .gloss = Der Schatten von Herz und großen Gefäßen ist breiter als üblich.
finding-lung_opacity = Lungenverschattung
    .gloss = Ein Teil der Lunge ist weißer, als er sein sollte, aus welchem Grund auch immer.
finding-lung_lesion = Lungenläsion
    .gloss = Ein Rundherd, eine Raumforderung oder ein anderer umschriebener Fleck in der Lunge.
finding-fracture = Fraktur
    .gloss = Ein gebrochener Knochen, meist eine Rippe.
finding-pleural_other = Anderer Pleurabefund
    .gloss = Etwas am Lungenfell, das weder Flüssigkeit noch Luft ist.
finding-support_devices = Fremdmaterial
    .gloss = Schläuche, Katheter, Schrittmacher und Ähnliches; keine Krankheit.
finding-atelectasis = Atelektase
    .gloss = Ein Teil der Lunge hat Luft und Volumen verloren.
finding-cardiomegaly = Kardiomegalie
    .gloss = Der Herzschatten ist breiter als der halbe Brustkorb.
finding-effusion = Pleuraerguss
    .gloss = Flüssigkeit zwischen Lunge und Brustwand.
finding-infiltration = Infiltrat
    .gloss = Eine milchige Verschattung in der Lunge, aus welchem Grund auch immer.
finding-mass = Raumforderung
    .gloss = Eine runde Verschattung, breiter als 3 cm.
finding-nodule = Rundherd
    .gloss = Eine runde Verschattung bis 3 cm Breite.
finding-pneumonia = Pneumonie
    .gloss = Entzündung der Lunge durch Erreger, gleich welche.
finding-pneumothorax = Pneumothorax
    .gloss = Luft zwischen Lunge und Brustwand.
finding-consolidation = Konsolidierung
    .gloss = Lunge, die statt Luft Flüssigkeit oder Zellen enthält.
finding-edema = Lungenödem
    .gloss = Flüssigkeit im Lungengewebe, oft vom Herzen.
finding-emphysema = Emphysem
    .gloss = Zerstörtes und überblähtes Lungengewebe.
finding-fibrosis = Fibrose
    .gloss = Vernarbtes Lungengewebe.
finding-pleural_thickening = Pleuraverdickung
    .gloss = Ein verdicktes Lungenfell.
finding-hernia = Hernie
    .gloss = Bauchorgane, die in den Brustkorb verlagert sind.
label-of-its-own = Ein eigenes Label dieses Netzes.

## The verdict sheet of an imported network (importing/verdict.py)

import-sheet = Prüfblatt
import-sheet-network = { $name }: { $network }, { $labels ->
    [one] 1 Label
   *[other] { $labels } Labels
    }: { $names }
import-sheet-square = Liest: { $size } px, { $geometry }, { $channels ->
    [one] 1 Kanal
   *[other] { $channels } Kanäle
    }, Mittel { $mean }, Abweichung { $std } von Pixeln zwischen 0 und 1
import-sheet-source = Quelle: { $source }; Datei { $file }, sha256 { $sha256 }
import-sheet-same = Antwortet wie { $network }: Der größte Unterschied eines Logits ist { $difference }
import-sheet-not-compared = Nicht mit der Quelle verglichen, die keine Bibliothek hier bauen kann
import-sheet-proof = Nachweis: { $line }
import-sheet-cells =
    Zellen der Klassenaktivierungskarten: { $down } px unter und { $right } px rechts von Zellen, die die { $size } px
    gleichmäßig füllen, und dort gezeichnet
import-sheet-methods = Gültig: { $methods }
import-sheet-refused = Nicht gültig: { $methods }: { $reason }
import-sheet-done = Getan: { $sentence }
import-sheet-missing = Fehlt: { $sentence }
import-sheet-licence = Lizenz: { $licence }
import-sheet-data = Gelernt an: { $data }
import-summary = Eingeführt aus { $source }.
import-caveat = Es wurde anderswo gemacht, und nichts davon wurde hier gemessen: Seine Werte sind nicht kalibriert, und wie
    oft es auf Ihren Bildern recht hat, ist nicht bekannt.
import-caveat-calibrated = Es wurde anderswo gemacht, an Aufnahmen, von denen diese Seite weiß, was die Quelle sagt. Seine
    Werte wurden hier kalibriert, an anderen Aufnahmen; ob es einige davon schon gesehen hatte, ist nicht bekannt.
import-labels-renamed = Labels wurden umbenannt: { $names }.
import-outputs-dropped = { $outputs ->
    [one] 1 Ausgang wurde weggelassen, da er
   *[other] { $outputs } Ausgänge wurden weggelassen, da sie
    } nie trainiert wurden.
import-missing-calibration = die Kalibrierung; seine Wahrscheinlichkeiten heißen unkalibrierte Werte.
import-missing-figures = Zahlen an Testaufnahmen, sodass nicht bekannt ist, ob es einen Befund erkennen kann.
import-missing-comparison = ein Vergleich mit der Quelle.
import-missing-labels = ein Befund des Hauses für { $labels }; jedes steht unter seinem eigenen Namen.
import-missing-licence = eine Lizenz; die Quelle nennt keine.
import-missing-data = die Aufnahmen, an denen es gelernt hat, und deren Bedingungen.
import-missing-range = der Wertebereich seiner Pixel. Mittel und Abweichung von ImageNet wurden genommen; hat es mit
    anderen gelernt, sind seine Werte falsch: Nennen Sie sie mit --mean und --std.
import-missing-size = die Größe seines Quadrats. { $size } px und { $geometry } wurden genommen; nennen Sie sie mit --size
    und --geometry.
import-missing-channel = der Wertebereich seines einen Kanals. Das Mittel der drei genannten wurde genommen; nennen Sie ihn
    mit --mean und --std.

## Networks that cannot be used (networks/)

# Nächste Schritte.
make-checkpoint = Machen Sie eines mit: python -m train run kermany-densenet121 --data DATA --out weights/NAME
copy-or-train = Kopieren Sie es noch einmal, oder trainieren Sie es neu.
copy-again = Kopieren oder laden Sie es noch einmal.
choose-another-network = Nennen Sie ein Faltungsnetz von timm oder torchvision, zum Beispiel resnet34.

checkpoint-none = In { $folder } ist kein Checkpoint.
    .hint =
        Geben Sie mit --weights einen Ordner oder einen Namen auf dem Hugging Face Hub an, oder setzen Sie CXR_WEIGHTS
        auf einen Ordner mit Checkpoints. { make-checkpoint }
checkpoint-not-opened =
    { $name } konnte nicht geöffnet werden (Kennung { $reference }): Was das Protokoll dazu sagt, gehört in eine Meldung
    dieses Fehlers.
checkpoint-unknown = Es gibt keinen Checkpoint namens { $name }.
    .hint = { make-checkpoint }
checkpoint-other-weights = Die Gewichte von { $name } sind nicht die, für die { $card } geschrieben wurde.
    .hint = Kopieren Sie beide Dateien noch einmal vom selben Ort.
checkpoint-not-fetched = Der Checkpoint { $name } konnte nicht vom Hugging Face Hub geholt werden ({ $kind }).
    .hint = Prüfen Sie den Namen und die Verbindung, oder geben Sie stattdessen einen Ordner an.
checkpoint-no-card = { $name } enthält kein { $card } und ist darum kein Checkpoint.
    .hint = { make-checkpoint }
checkpoint-nested = { $card } von { $name } ist zu tief verschachtelt.
    .hint = { make-checkpoint }
checkpoint-card = { $card } von { $name } ist nicht zu gebrauchen: { $why }.
    .hint = { make-checkpoint }
checkpoint-pickle =
    { $name } enthält { $file }, ein Pickle, das nie geöffnet wird, weil es Programme ausführen kann.
    .hint = Führen Sie es ein mit: python -m cxr_demo import { $file } --out DIR
checkpoint-no-weights = { $name } enthält kein { $file }.
    .hint = { make-checkpoint }
checkpoint-unreadable = { $file } von { $name } lässt sich nicht lesen: { $why }.
    .hint = Prüfen Sie die Rechte.
small-card-unusable = { $file } von { $name } ist nicht zu gebrauchen: { $why }.
    .hint = Machen Sie es mit: python -m train { $recipe } --data DATA --out weights/{ $recipe }

weights-lfs = Die Gewichte von { $name } sind ein Verweis von Git LFS.
    .hint = Holen Sie sie mit: git lfs pull
weights-broken = Die Gewichte von { $name } sind beschädigt oder abgeschnitten.
    .hint = { copy-or-train }
weights-foreign =
    Die Gewichte von { $name } gehören zu einem anderen Netz: { $missing } Tensoren fehlen, und { $unknown } sind
    unbekannt, darunter { $example }.
    .hint = { copy-or-train }
weights-shape =
    Die Gewichte von { $name } passen nicht zur Beschreibung: { $key } ist { $shape }, verlangt ist { $wanted }.
    .hint = { copy-or-train }
weights-kind = Die Gewichte von { $name } enthalten { $kind }-Werte, in { $key }, die kein Netz hier hat.
    .hint = { copy-or-train }
weights-not-numbers = Die Gewichte von { $name } enthalten Werte, die keine Zahlen sind, in { $key }.
    .hint = { copy-or-train }
weights-variance = Die Gewichte von { $name } enthalten eine Varianz unter null, in { $key }.
    .hint = { copy-or-train }

net-no-weights = { $name } hat keine Schicht mit Gewichten.
    .hint = { choose-another-network }
net-not-linear =
    { $name } endet in einer { $kind }-Schicht und nicht in einer linearen, an der die Summen der Karten nachgewiesen
    werden.
    .hint = { choose-another-network }
net-no-logits = { $name } gibt keine Liste von Logits, sondern Werte der Form { $shape }.
    .hint = { choose-another-network }
net-sizes = { $name } nimmt keines der Quadrate von { $sizes } px.
    .hint = { choose-another-network }
net-size = { $name } nimmt keine Quadrate von { $size } px.
    .hint = Geben Sie die Größe an, für die es gemacht wurde; oft steht sie in seinem Namen.
net-no-cells = { $name } ist kein Faltungsnetz: Seine letzten Schichten geben { $found }, keine Karten aus Zellen.
    .hint = { choose-another-network }
net-tokens = eine Liste von Tokens
net-shape = Werte der Form { $shape }
net-pooling-not-found = Das globale Pooling von { $name } ist in dem, was es rechnet, nicht zu finden.
    .hint = { choose-another-network }
net-no-pooling =
    { $name } hat kein globales Pooling, dessen Eingang die Klassenaktivierungskarten sind.
    .hint = { choose-another-network }
net-pooling-no-maps = { $name } ist kein Faltungsnetz: Sein Pooling liest keine Karten.
    .hint = { choose-another-network }
backbone-source = '{ $source }' ist keine Herkunft von Netzen; { $known } sind es
backbone-unknown = weder timm noch torchvision hat ein Netz '{ $name }'
backbone-nearest = weder timm noch torchvision hat ein Netz '{ $name }'; am nächsten kommen { $nearest }

# Was an einer Beschreibung falsch ist: Jedes geht in "checkpoint-card" ein.
square-geometry = geometry ist '{ $geometry }', möglich sind { $known }
square-size = size_px ist { $size }, nötig ist eine ganze Zahl von { $low } bis { $high }
square-channels = mean und std brauchen einen Wert für jeden Kanal, also 1 oder 3
square-numbers = mean und std müssen Zahlen sein, std größer als 0
square-crop = crop_share ist { $share }, möglich ist 1, oder mit geometry 'crop' 0,5 bis 1
card-points = operating_points ist nicht eine Liste von 1 bis { $most } Zahlen neben zwei gleich langen
card-points-rise = die Schwellen in operating_points steigen nicht an
card-points-range = operating_points enthält eine Zahl, die nicht zwischen 0 und 1 liegt
card-reliability =
    reliability ist nicht zwei Listen von Anzahlen, so lang wie es Schritte zwischen den Grenzen gibt
card-reliability-rise = die Grenzen in reliability steigen nicht von 0 bis 1 an
card-reliability-counts = reliability zählt mehr Aufnahmen mit einem Befund als Aufnahmen
card-words-language = label_words hat ein { $what } in '{ $language }', was kein Kürzel wie 'de' ist
card-words-long = label_words hat ein { $what }, das nicht eine Zeile von 1 bis { $longest } Zeichen ist
card-texts-language = texts ist in '{ $language }', was kein Kürzel wie 'de' ist
card-words-unknown = label_words nennt '{ $label }', das keines der Labels ist
card-member-name = ein Mitglied hat keinen Namen
card-rule = die Regel ist '{ $rule }', möglich sind { $known }
card-members-few = das Ensemble hat weniger als zwei Mitglieder
card-members-many = das Ensemble hat { $members } Mitglieder, erlaubt sind höchstens { $most }
card-members-same = zwei Mitglieder haben denselben Namen
card-weights = weights ist nicht eine Zahl von 0 bis 1 für jedes Mitglied
card-weights-sum = weights summiert sich zu { $sum } statt zu 1
card-weights-differ = weights sind verschieden, was nur die Regel 'weighted' kennt, nicht '{ $rule }'
card-format = das Format ist { $format }, diese Version liest Format { $read }
card-ensemble-backbone = das Ensemble nennt ein backbone oder einen head außer denen der Mitglieder
card-task = task ist '{ $task }', möglich sind { $known }
card-majority = die Regel ist 'majority', die Aufnahmen mit je einem Label braucht, und task ist multi-label
card-label = das Label '{ $label }' besteht nicht allein aus Buchstaben, Ziffern, '_' und '-'
card-labels = labels ist leer oder nennt eines zweimal
card-made-for = made_for ist '{ $made }', möglich ist nichts oder '{ $known }'
card-ages = ages ist { $ages }, nötig sind zwei Zahlen von Jahren, die kleinere zuerst
card-threshold-interval = threshold_intervals für '{ $label }' ist nicht zwei Zahlen von 0 bis 1 zu einer Schwelle
card-threshold = die Schwelle für '{ $label }' ist { $threshold }, nötig sind ein bekanntes Label und 0 bis 1
card-kinds = die Arten sind nicht die dieser Version
card-half-character = ein halbes Zeichen kommt vor, das kein Text haben kann
card-no-object = es ist kein JSON-Objekt
card-entry-missing = der Eintrag '{ $entry }' fehlt
card-entry-unknown = der Eintrag '{ $entry }' ist hier nicht bekannt
card-entry-text = { $entry } ist kein Text
card-entry-list = { $entry } ist keine Liste
card-entry-object = { $entry } ist kein JSON-Objekt
card-entry-number = { $entry }: statt einer Zahl steht dort { $found }
card-entry-whole = { $entry } ist { $found }, nötig ist eine ganze Zahl
card-entry-other = zu { $entry }: { $found }
card-temperature = { $whose ->
        [member] die Temperatur eines Mitglieds
       *[own] die Temperatur
    } ist { $temperature }, möglich ist 0 oder 0,01 bis 100
card-backbone = { $whose ->
        [member] das backbone '{ $backbone }' eines Mitglieds
       *[own] das backbone '{ $backbone }'
    } ist hier nicht bekannt: { $why }
card-head = { $whose ->
        [member] der head eines Mitglieds
       *[own] der head
    } ist '{ $head }', möglich sind { $known }

## Maps that are refused, and their proof (explain/)

# Warum; jedes geht in "method-refused" und "proof-refused" ein.
refusal-of-member = { $name }: { $reason }
refusal-parts = was das Pooling liest, ergibt durch den Kopf nicht die Logits des Netzes
refusal-pooling-reads = das globale Pooling liest nicht den Ausgang von { $layer }
refusal-not-numbers = seine Karte enthält Werte, die keine Zahlen sind
refusal-sum = seine Karte summiert sich nicht zum Logit ohne den Anteil der Biaswerte (Fehler { $error })
refusal-copy = die Logits des umgeschriebenen Netzes weichen um { $error } ab
refusal-identity = LRP-Epsilon ist nicht gleich Gradient × Eingabe (r = { $r }, Abstand { $distance })
refusal-rules =
    seine Karte weicht von der ab, die zennit mit denselben Regeln an denselben Schichten macht ({ $error } ihrer Größe)
refusal-no-places = das globale Pooling des Netzes liest, was keine Orte hat
refusal-no-pooling = das Netz hat kein globales Pooling
refusal-depends = was das Netz tut, hängt von der Größe der Aufnahme oder von ihren Werten ab
refusal-not-followed = das Netz rechnet so, dass torch.fx nicht folgen kann
refusal-no-gate = das Netz multipliziert zwei Werte, von denen keiner ein Gate ist
refusal-layer = das Netz enthält { $kind }-Schichten, für die hier keine Regel stimmt
refusal-call = das Netz ruft { $name } so auf, dass hier keine Regel stimmt
refusal-call-inside = das Netz ruft in seinem { $owner } { $name } so auf, dass hier keine Regel stimmt
refusal-padding = das Netz enthält { $kind }-Schichten, die auf eigene Art auffüllen
refusal-norms = das Netz enthält Batch-Normen ohne eigene Statistik
refusal-divides = das Netz teilt Summen durch eine eigene Zahl, wofür hier keine Regel stimmt
refusal-enlarges = das Netz vergrößert Karten mit '{ $mode }', wofür hier keine Regel stimmt
refusal-pads = das Netz füllt anderes auf als Zeilen und Spalten, wofür hier keine Regel stimmt
refusal-pools = das Netz fasst mit '{ $kind }' zusammen, wofür hier keine Regel stimmt
refusal-pools-grid = das Netz fasst zu einem Raster zusammen, das nicht quadratisch ist, wofür hier keine Regel stimmt

# Eine Zeile des Nachweises, durch Punkte verbunden.
proof-refused = { $what } nicht verfügbar: { $why }
proof-cam = Grad-CAM in Ordnung (Fehler der Summe { $error })
proof-cam-no-sum = Grad-CAM in Ordnung (die Summe ist nicht definiert: Der Kopf liest mehr als das Mittel der Zellen)
proof-lrp =
    LRP in Ordnung (r = { $r } gegen { $lines ->
        [yes] Gradient × Eingabe, Aktivierungen als Geraden
       *[no] Gradient × Eingabe
    }, die Kopie weicht um { $copy } ab{ $rules ->
        [0] {""}
       *[other] ; { $rules } Regelsätze weichen von denen zennits um höchstens { $most } ab
    })
proof-curved = z-plus und Alpha-Beta wurden für ReLU gemacht, nicht für { $activations } dieses Netzes

map-not-numbers = { $method } ergab bei diesem Bild Werte, die keine Zahlen sind.
method-refused = { $method } ist für diesen Checkpoint nicht verfügbar: { $reason }.
methods-none-proved = Keine der üblichen Methoden ist hier nachgewiesen ({ $reasons }).
    .hint = Nennen Sie andere mit --method.
label-unknown = Das Label '{ $label }' gibt es hier nicht; bekannt sind: { $known }.
method-unknown = Die Methode '{ $method }' gibt es nicht; bekannt sind: { $known }.
study-foreign = Diese Auswertung stammt von { $made }, nicht von { $name }, wie es jetzt geladen ist.
    .hint = Werten Sie das Bild noch einmal aus.
check-no-map = Es gibt keine Karte zu prüfen.
contrast-not-checked =
    Karten gegen die anderen Befunde werden nicht geprüft: Die Prüfungen fragen das Netz nach einem Befund allein.
    .hint = Lassen Sie --contrast oder --checks weg.
contrast-one-label = { $network } kennt nur einen Befund: Es gibt keine anderen, gegen die seine Karte stehen könnte.
contrast-not-linear =
    { $method } gegen die anderen Labels gibt es nicht: Die Methode ist nicht linear, ihre Karten lassen sich also nicht
    voneinander abziehen.
randomise-no-rule = Die Gewichte von { $kind } lassen sich nicht auswürfeln: Dafür gibt es keine Regel.
region-outside-film = Die Region liegt nicht auf der Aufnahme.
    .hint =
        Geben Sie x, y, Breite und Höhe als Anteile der Aufnahme an: 0 bis 1, Breite und Höhe größer als 0.
region-no-pixel = Die Region enthält kein Pixel der Aufnahme.
    .hint = Zeichnen Sie sie größer.

## Networks that cannot be imported (importing/)

name-its-network = Nennen Sie sein Netz mit --backbone.
export-state =
    Laden Sie es dort, wo es gemacht wurde, und speichern Sie model.state_dict() mit safetensors.torch.save_file.
no-keras = Netze von TensorFlow und Keras lassen sich nicht einführen.
earlier-state = Nehmen Sie einen früheren Stand.

weights-unreadable = { $name } lässt sich nicht lesen: { $why }.
    .hint = Prüfen Sie die Rechte.
weights-empty = { $name } ist leer.
    .hint = { copy-again }
weights-too-large = { $name } hat mehr als { $gigabytes } GB.
    .hint = Geben Sie eine Datei, die allein die Gewichte des Netzes enthält.
weights-unknown = { $name } ist keine hier bekannte Datei mit Gewichten (sie beginnt mit { $beginning }).
    .hint = Geben Sie safetensors oder eine .pt- oder .pth-Datei von PyTorch.
weights-no-numbers = { $name } enthält Werte, die keine Zahlen sind, in { $key }.
    .hint = { earlier-state }
weights-no-variance = { $name } enthält eine Varianz unter null, in { $key }.
    .hint = { earlier-state }
weights-are-lfs = { $name } ist ein Verweis von Git LFS, nicht die Gewichte.
    .hint = Holen Sie sie mit: git lfs pull
weights-are-hdf5 = { $name } ist eine HDF5-Datei, wie Keras sie schreibt.
    .hint = { no-keras }
weights-are-gzip = { $name } ist ein gzip-Archiv.
    .hint = Entpacken Sie es, und geben Sie die Datei darin.
weights-are-7z = { $name } ist ein 7z-Archiv.
    .hint = Entpacken Sie es, und geben Sie die Datei darin.
weights-are-bzip2 = { $name } ist ein bzip2-Archiv.
    .hint = Entpacken Sie es, und geben Sie die Datei darin.
weights-are-numpy = { $name } ist ein Feld von numpy.
    .hint = { export-state }
weights-are-page = { $name } ist eine Seite aus dem Web, nicht die Gewichte.
    .hint = Laden Sie die Datei selbst herunter; vielleicht müssen Sie sich anmelden.
weights-are-onnx = { $name } ist eine ONNX-Datei.
    .hint = Eingeführt werden Netze aus den Gewichten von PyTorch. { export-state }
weights-are-tensorflow = { $name } ist eine Datei von TensorFlow.
    .hint = { no-keras }
weights-are-broken = { $name } ist beschädigt oder abgeschnitten.
    .hint = { copy-again }
weights-are-torchscript = { $name } ist ein Programm von TorchScript, also Code.
    .hint = { export-state }
weights-are-keras = { $name } ist ein Netz von Keras.
    .hint = { no-keras }
weights-are-zip = { $name } ist ein zip-Archiv.
    .hint = Entpacken Sie es, und geben Sie die Datei oder den Ordner darin.
index-broken = { $index } sagt nicht, wo die Gewichte sind.
    .hint = { copy-again }
index-absent = { $index } nennt { $file }, das nicht im Ordner ist.
    .hint = { copy-again }
index-lost = { $index } nennt { $key }, das keine der Dateien enthält.
    .hint = { copy-again }
pickle-code = { $name } nennt { $detail }, was ein Pickle als Code ausführen könnte; es wurde nicht ausgeführt.
    .hint = { export-state }
pickle-old = { $name } ist ein ganzes Netz im Format von PyTorch vor 1.6, das Code enthält.
    .hint = { export-state }
pickle-no-tensors = { $name } enthält keine Tensoren eines Netzes.
    .hint = { export-state }
pickle-broken = { $name } ist beschädigt oder abgeschnitten ({ $detail }).
    .hint = { copy-again }
pickle-memory = { $name } verlangt mehr Speicher, als eine solche Datei braucht.
    .hint = { export-state }
pickle-time = { $name } wurde nicht innerhalb von { $detail } Sekunden gelesen.
    .hint = { export-state }
pickle-note-network =
    Die Datei enthält ein ganzes Netz; seine Tensoren wurden genommen, sein Code wurde nicht gelesen.
pickle-note-averaged = Die Datei enthält auch gemittelte Gewichte ({ $names }), die nicht genommen wurden.
pickle-note-left = Aus der Datei wurde nur { $inside } genommen; weggelassen: { $names }.

source-not-published = { $name } ist kein veröffentlichtes Netz, das hier bekannt ist.
    .hint =
        Geben Sie eine Datei, einen Ordner, einen Namen auf dem Hub (Besitzer/Name) oder eines von: { $known }.
source-unknown = Es gibt weder Datei noch Ordner noch Netz namens { $name }.
    .hint =
        Geben Sie eine Datei, einen Ordner, einen Namen auf dem Hub (Besitzer/Name) oder eines von: { $known }.
source-not-fetched = { $name } konnte nicht geholt werden ({ $kind }).
    .hint =
        Laden Sie { $url } anderswo herunter, und führen Sie die Datei ein: Man erkennt sie an ihrem Namen oder an
        --published { $name }.
source-hub = { $name } konnte nicht vom Hugging Face Hub geholt werden ({ $kind }).
    .hint =
        Prüfen Sie den Namen und die Verbindung, oder laden Sie config.json und model.safetensors anderswo herunter, und
        führen Sie den Ordner ein.
source-tensorflow = { $name } ist ein Ordner von TensorFlow.
    .hint = { no-keras }
source-several = { $name } enthält mehrere Dateien mit Gewichten: { $files }.
    .hint = Geben Sie eine davon.
source-no-weights = { $name } enthält keine Gewichte.
    .hint = Ihre Datei heißt { $file } oder endet auf .pt oder .pth.
config-broken = { $file } von { $name } ist beschädigt.
    .hint = { copy-again }
config-unusable = { $file } von { $name } ist nicht zu gebrauchen: { $why }.
    .hint = Berichtigen Sie es, oder lassen Sie es weg.
source-transformers = { $name } ist ein Netz der Bibliothek transformers.
    .hint = Eingeführt werden können Netze von timm und torchvision.
source-own-head =
    { $name } ist ein Checkpoint mit einem Kopf oder mit Mitgliedern, die sich nicht einführen lassen.
    .hint = Benutzen Sie ihn, wie er ist: --weights.
source-built-with = { $name } wurde mit { $argument } gebaut, was keine Beschreibung sagen kann.
    .hint = Eingeführt werden können Netze, wie timm sie baut.

labels-no-text = { $file } ist kein Text.
    .hint = Geben Sie --labels eine Datei mit einem Namen in jeder Zeile.
words-unreadable = { $file } lässt sich nicht lesen: { $why }.
    .hint = Sie enthält, nach Labels: { $example }.
words-none = { $file } enthält keine Wörter für Labels.
    .hint = Sie enthält, nach Labels: { $example }.
labels-same = Zwei Ausgänge bedeuten { $label }: '{ $first }' und '{ $second }'.
    .hint = Geben Sie einem davon mit --labels einen anderen Namen.
labels-none = Keiner der Ausgänge hat ein Label.
    .hint = Benennen Sie sie mit --labels, in ihrer Reihenfolge.
words-unknown = --words nennt '{ $label }', das keines der Labels ist.
    .hint = Schreiben Sie es wie bei --labels.

fit-backbone = Das Netz ist nicht zu gebrauchen: { $why }.
    .hint = { name-its-network }
fit-several = Die Tensoren passen zu mehreren Netzen: { $networks }.
    .hint = { name-its-network }
fit-none = Die Tensoren sind die keines Netzes, das hier bekannt ist.
    .hint = { name-its-network }
fit-lacks = { $name } passt nicht zu { $backbone }: Es fehlt { $key }{ $others ->
        [0] {""}
        [one] {" "}und ein weiterer Tensor
       *[other] {" "}und { $others } weitere
    }.
    .hint = { name-its-network }
fit-holds = { $name } passt nicht zu { $backbone }: Überzählig ist { $key }{ $others ->
        [0] {""}
        [one] {" "}und ein weiterer Tensor
       *[other] {" "}und { $others } weitere
    }.
    .hint = { name-its-network }
fit-kind = { $name } enthält { $kind }-Werte, in { $key }.
    .hint = Speichern Sie es als float32.
fit-channels = { $name } liest { $channels } Kanäle.
    .hint = Eingeführt werden können Netze mit einem Kanal oder mit dreien.
fit-shape = { $name } passt nicht: { $key } ist { $shape }, im Netz ist es { $wanted }.
    .hint = { name-its-network }
fit-output = Die Ausgangsschicht { $layer } ist nicht eine lineare Schicht mit Bias.
    .hint = Eine andere lässt sich nicht einführen.
fit-other = Die Tensoren sind nicht die von { $backbone }.
    .hint = { name-its-network }
fit-no-output =
    Die Gewichte haben keine Ausgangsschicht ({ $layer }.weight): Es sind die eines Rumpfes ohne Kopf.
    .hint =
        Trainieren Sie zuerst einen an Ihren eigenen Aufnahmen: python -m train run ... --backbone { $backbone }
fit-note-prefix = Die Namen seiner Tensoren begannen mit { $prefix }; das wurde weggelassen.
fit-note-left-out = Weggelassen, da kein Teil des Netzes: { $names }.

import-no-labels = Es hat { $outputs } Ausgänge, und was sie bedeuten, steht nirgends in der Datei.
    .hint =
        Benennen Sie sie in ihrer Reihenfolge: --labels NAME NAME ... oder --labels DATEI mit { $outputs } Zeilen. -
        steht für einen Ausgang, der nie trainiert wurde.
import-labels-count = Es hat { $outputs } Ausgänge, und { $labels } Labels sind genannt.
    .hint = Benennen Sie jeden Ausgang, in ihrer Reihenfolge: --labels.
import-no-task = Ob seine Labels einander ausschließen, steht nirgends in der Datei.
    .hint =
        Sagen Sie es: --task multi-label (je ein Sigmoid: mehrere können auf eine Aufnahme zutreffen) oder --task
        single-label (ein Softmax: genau eines trifft zu).
import-channels =
    Es liest { $channels } Kanäle, und { $means } Mittelwerte und { $deviations } Abweichungen sind genannt.
    .hint = Geben Sie für --mean und --std eine Zahl oder eine für jeden Kanal, von Pixeln zwischen 0 und 1.
import-preprocess = Die Vorverarbeitung ist nicht zu gebrauchen: { $why }.
    .hint = Siehe --size, --mean und --std.
import-no-numbers = { $name } antwortet auf eine Aufnahme mit Werten, die keine Zahlen sind.
    .hint = { earlier-state }
import-squeezenet =
    SqueezeNet schneidet seine Logits bei 0 ab, durch ein ReLU hinter der letzten Faltung, und ein Netz ohne es
    antwortet anders: Ein Logit weicht um { $difference } ab.
    .hint = Trainieren Sie es hier, wo es kein solches ReLU hat, oder führen Sie ein anderes Netz ein.
import-differs = Das Netz antwortet nicht wie { $source }: Ein Logit weicht um { $difference } ab.
    .hint = { name-its-network }
import-task = '{ $task }' ist keine Aufgabe.
    .hint = Geben Sie --task, eines von { $known }.
import-card = Die Beschreibung lässt sich nicht schreiben: { $why }.
import-not-written = Der Checkpoint lässt sich nicht schreiben: { $why }.
    .hint = Geben Sie mit --out einen anderen Ordner an.

## The command line (commands/, export/)

help =
    Endet mit 0, wenn alles gut ging, mit 1, wenn `check` findet, dass ein Checkpoint nicht erklären kann, mit 2 bei
    Eingaben, die nicht zu gebrauchen sind oder nicht wie eine frontale Thoraxaufnahme aussehen (`--anyway` macht
    weiter). Ergebnisse gehen nach stdout; Fehler, Anmerkungen zur Datei und Zweifel an ihr nach stderr, je ein Satz.
help-lang = Sprache dessen, was gesagt wird: en oder de
help-predict = Wahrscheinlichkeiten jedes Labels auf Aufnahmen
help-json = JSON statt Zeilen
help-films-given = Aufnahmen, Ordner mit Aufnahmen oder @LISTE
help-film-list = eine Datei mit einer Aufnahme je Zeile oder eine .csv, deren Spalte `file` sie nennt, neben der Liste
help-jsonl = eine Datei, die für jede Aufnahme eine Zeile JSON bekommt, sobald sie fertig ist
help-table = neben --jsonl: dasselbe als CSV, sobald alle Aufnahmen fertig sind
help-resume = mit RECORDS weitermachen: Was dort steht, wird nicht noch einmal gefragt, außer was misslang
help-batch = Aufnahmen, die zusammen durch das Netz gehen; mehr können einen Wert in der siebten Stelle ändern
help-explain = Karten von Aufnahmen als Arrays und Bilder, bei mehreren in je einem Ordner
help-labels = zu erklärende Labels; ohne Angabe das, welches die Seite zuerst zeigt
help-methods = { $methods }; ohne Angabe die, welche die Seite zuerst zeigt
help-as-written = LRP ohne diese Entscheidungen ({ $choices }; alle, wenn keine genannt ist): das Netz, wie es dasteht
help-compare = zwei Checkpoints auf einer Aufnahme, die Mitglieder eines Ensembles oder zwei Aufnahmen
help-two-weights = zwei Ordner oder Namen auf dem Hub; einer, bei einem Ensemble oder mit --prior
help-common-label = eines, das beide kennen; ohne Angabe davon das erste auf der Seite des ersten
help-page-methods = ohne Angabe die der Seite
help-evaluate = wie gut die Karten eines Labels auf Aufnahmen sind; Minuten je Aufnahme
help-first-label = ohne Angabe das, welches die Seite zuerst zeigt
help-region =
    ein Rechteck, in Anteilen der Aufnahme (0 bis 1, von ihrer oberen linken Ecke): die Evidenz darin; eins oder mehrere
help-weights = Ordner eines Checkpoints oder Name auf dem Hub; ohne Angabe der, mit dem die Seite beginnt
help-anyway = weitermachen mit dem, was nicht wie eine frontale Thoraxaufnahme aussieht
help-mend = die Aufnahme erst im Uhrzeigersinn drehen, invertieren oder links und rechts tauschen: { $mends }; eines oder mehrere
help-report = was die Seite von einer Aufnahme zeigt, als PDF zum Mitnehmen, oder als ZIP, mit Bildern und Zahlenfeldern
help-again = noch einmal, was die manifest.json eines ZIP beschreibt: Karten, Skalen, Grauwerte, Regionen, in der Sprache von --lang
help-prior = eine andere Aufnahme, etwa des letzten Monats, die --mend so lässt, wie sie ist: was sich bei jedem Befund geändert hat
help-cover = die Regionen verdeckt, während das Netz noch einmal gefragt wird: { $covers }
help-csv = CSV statt Zeilen, für eine Tabellenkalkulation
help-checks = mit dem, was `evaluate` misst; Minuten
help-overwrite-file = eine frühere Datei ersetzen
help-check = weist ein Checkpoint seine Erklärungen nach? Endet mit 1, wenn nicht
help-models = die vorhandenen Checkpoints
help-list-methods = die Erklärungsmethoden
help-card-schema = das JSON-Schema der config.json eines Checkpoints
help-out = Ordner für maps.npz, result.json und Überlagerungen
help-overwrite = ein früheres Ergebnis in --out ersetzen
help-contrast = jedes Label gegen die anderen: was mehr für es spricht als für sie
help-import = ein Netz von anderswo wird ein Checkpoint, mit einem Prüfblatt dazu
help-source =
    eine Datei mit Gewichten, ein Ordner von timm, ein Name auf dem Hub oder ein Name aus torchxrayvision
help-new-checkpoint = Ordner des neuen Checkpoints
help-output-labels =
    der Ausgänge, in ihrer Reihenfolge, oder eine Datei mit einem Namen in jeder Zeile; - für einen nie trainierten
help-words = JSON-Datei: Namen und Erläuterungen der Labels, nach Sprachen
help-backbone = sein Netz, wenn weder die Datei noch ihre Tensoren es sagen
help-published = die Datei ist dieses Netz aus torchxrayvision
help-task = multi-label oder single-label
help-size = Seite des Quadrats, das es liest, in Pixeln
help-geometry = stretch, letterbox oder crop
help-mean = jedes Kanals, von Pixeln zwischen 0 und 1
help-std = ebenso
help-licence = der Gewichte, wenn die Quelle keine nennt
help-overwrite-checkpoint = einen früheren Checkpoint in --out ersetzen
help-deck = Aufnahmen und was von ihnen wahr ist, für die Prüfung
help-deck-new = eine deck.toml für die Aufnahmen eines Ordners, mit dem, was noch zu schreiben ist
help-deck-handout = ein PDF eines Satzes zum Austeilen vor dem Unterricht, oder seine Lösungen
help-deck-pdf = die PDF-Datei, die geschrieben wird
help-deck-solutions = mit dem, was von jeder Aufnahme wahr ist
help-deck-out = Kopien der Aufnahmen und die deck.toml kommen in diesen Ordner; sonst die deck.toml in FOLDER
help-deck-title = des Satzes; sonst der Name von FOLDER
help-deck-check = jeder Fehler eines Satzes mit seiner Zeile, oder was er enthält
help-static = die Ausgabe ohne Server: Netze und ihre Karten als Dateien für einen Browser
help-static-networks = die Netze, die sie enthält; ohne Angabe alle, die es hier gibt
help-static-single = OUT ist eine einzige HTML-Datei, die sich mit einem Doppelklick öffnet und alles enthält
help-static-golden = außerdem Aufnahmen mit dem, was zu ihnen berechnet wird, für Tests, in diesen Ordner
help-static-overwrite = eine frühere Ausgabe in OUT überschreiben

compare-too-many = { $checkpoints } Checkpoints wurden genannt.
    .hint = Geben Sie zwei, oder einen, der ein Ensemble ist, oder einen mit --prior.
compare-no-members = { $name } hat keine Mitglieder mit eigenen Karten.
    .hint = Geben Sie zwei Checkpoints, ein Ensemble von Vorhersagen oder mit --prior eine andere Aufnahme.
compare-unknown = '{ $label }' kennen nicht beide.
    .hint = Beide kennen: { $known }.
compare-unknown-none = '{ $label }' kennen nicht beide.
    .hint = Sie haben kein Label gemeinsam.
compare-nothing-common = Sie haben kein Label gemeinsam.
nothing-computed = Aus dem obigen Grund wurde nichts berechnet.
    .hint = Mit --anyway geht es trotzdem weiter.
films-none-given = Es gibt keine Aufnahme.
    .hint = Nennen Sie Dateien, einen Ordner mit Aufnahmen oder mit --films eine Liste.
film-list-not-read = Die Liste { $file } fehlt oder ist nicht lesbar.
film-list-no-text = Die Liste { $file } ist kein Text.
    .hint = Speichern Sie sie in UTF-8, mit einer Aufnahme je Zeile, oder als CSV.
film-list-no-column = { $file } hat keine Spalte, die die Aufnahmen nennt.
    .hint = Nennen Sie sie file. Ihre Spalten sind: { $columns }.
film-list-no-name = { $file } nennt in Zeile { $line } keine Aufnahme.
    .hint = Geben Sie in jeder Zeile eine Datei an.
batch-size = --batch nimmt 1 bis { $most } Aufnahmen.
records-needed = Mehrere Prozesse, eine Tabelle und ein Lauf, der weitergeht, brauchen eine Datei für die Ergebnisse.
    .hint = Geben Sie --jsonl ERGEBNISSE.jsonl an.
records-no-folder = Es gibt keinen Ordner { $folder }.
    .hint = Legen Sie ihn erst an, oder geben Sie mit --jsonl eine andere Datei an.
records-earlier = { $file } enthält Ergebnisse eines früheren Laufs.
    .hint = Machen Sie mit --resume damit weiter, oder geben Sie mit --jsonl eine andere Datei an.
records-other-settings = { $file } enthält Ergebnisse einer anderen Frage: { $made }. Jetzt lautet sie { $asked }.
    .hint = Fragen Sie wie zuvor, oder geben Sie mit --jsonl eine andere Datei an.
table-no-name = { $file } ist kein Name einer Tabelle: Er endet mit .csv.
    .hint = Aufnahmen stehen vor --table oder nach dessen Namen.
table-earlier = Es gibt schon eine Datei { $file }.
    .hint = Geben Sie mit --table eine andere an, oder machen Sie mit --resume weiter.
records-unreadable = Zeile { $line } von { $file } ist kein Ergebnis dieses Programms.
    .hint = Geben Sie mit --jsonl eine andere Datei an.
launched-no-accelerate = Mehrere Prozesse wurden gestartet, und das Paket accelerate fehlt.
    .hint = Installieren Sie es, oder starten Sie einen Prozess.
models-none = In { $folder } ist kein Checkpoint. { make-checkpoint }
methods-cost = etwa { $forwards } Vorwärtsläufe je Label
explain-done = { $folder }: { $maps } Karten zu { $findings }
out-earlier = { $folder } enthält ein früheres Ergebnis: { $file }.
    .hint = Geben Sie mit --out einen anderen Ordner an, oder ersetzen Sie es mit --overwrite.
static-earlier = { $folder } enthält eine frühere Ausgabe.
    .hint = Nennen Sie einen anderen Ordner, oder überschreiben Sie sie mit --overwrite.
static-foreign = { $folder } enthält Dateien, die keine Ausgabe sind.
    .hint = Nennen Sie einen neuen Ordner.
static-extra = Die Ausgabe ohne Server braucht die Pakete onnx und onnxruntime.
    .hint = Installieren Sie es mit: pip install "cxr-demo[static]"
static-operation = Das Netz rechnet mit { $operation }; dafür gibt es in der Ausgabe ohne Server noch keine Entsprechung.
    .hint = Lassen Sie dieses Netz mit --networks weg, oder ergänzen Sie die Operation in der Tabelle in cxr_demo/export/static/onnx_operations.py.
static-argument = Das Netz ruft { $operation } mit { $argument } { $value } auf; dafür gibt es in der Ausgabe ohne Server noch keine Entsprechung.
    .hint = Lassen Sie dieses Netz mit --networks weg, oder ergänzen Sie den Fall in der Tabelle in cxr_demo/export/static/onnx_operations.py.
static-weight = Die Gewichtsdatei enthält keinen Tensor { $name }, den ein Browser lesen kann.
    .hint = Speichern Sie den Checkpoint erneut, mit Gewichten in float16 oder float32.
out-not-written = Die Ergebnisse lassen sich nicht schreiben: { $why }.
    .hint = Geben Sie mit --out einen anderen Ordner an.

# Was argparse selbst sagt (arguments.py), und was es als %(name)s einsetzt.
parser-usage = Aufruf:
parser-positional = Argumente
parser-options = Optionen
parser-help = diese Hilfe anzeigen und beenden
parser-error = %(prog)s: Fehler: %(message)s
parser-argument = Argument %(argument_name)s: %(message)s
parser-required = diese Argumente fehlen: %s
parser-unrecognized = unbekannte Argumente: %s
parser-ambiguous = mehrdeutige Option: %(option)s kann %(matches)s heißen
parser-choice = %(value)r steht nicht zur Wahl (möglich: %(choices)s)
parser-command = unbekannter Befehl %(parser_name)r (möglich: %(choices)s)
parser-value = kein gültiger Wert für %(type)s: %(value)r
parser-one = ein Wert wird erwartet
parser-at-most-one = höchstens ein Wert wird erwartet
parser-at-least-one = mindestens ein Wert wird erwartet
parser-number = %s Wert wird erwartet
parser-numbers = %s Werte werden erwartet
parser-explicit = der Wert %r gehört nicht hierher

# Zeilen von Ergebnissen (command_text.py).
line-contrast = gegen die anderen Labels
line-sums = Summe { $total }, Summe der Beträge { $absolute }
line-logit = Logit { $logit }
line-share = { $share } des Logits
line-likeness = Ähnlichkeit der Karten
line-rank = Rangkorrelation { $rank }
line-ranks = Rangkorrelation mit dem Mittel: { $ranks }
line-difference = Unterschied in { $unit }
line-no-difference = kein Unterschied: { $why }
line-middle = { $change }, { $p } (Mitte { $middle })
line-unchanged = { $rank }, UNVERÄNDERT
line-pair = { $first } und { $second }: { $rank } ({ $p }); gemeinsam { $overlaps }
line-overlap = { $common } der stärksten { $area } (durch Zufall { $chance }, { $p })
line-meaning =
    Löschen und Einfügen: um wie viele Logit-Punkte die stärksten { $share } der Aufnahme das Logit bewegen. Mitte:
    derselbe Anteil in der Mitte der Aufnahme. p: wie oft eine ebenso glatte Karte, die nichts weiß, so gut ist oder mit
    der ersten von zweien ebenso übereinstimmt; { $nulls } werden gefragt, daher ist es mindestens { $smallest }.
line-randomisation = Auswürfeln: Rangkorrelation mit der Karte eines Netzes mit zufälligen Gewichten.
line-stability = Rauschen, Verschiebung: größte Änderung der Karte, gemessen an ihrer Größe.
line-check = - { $check } ({ $paper }{ $direction ->
    [higher] ; höher ist besser
    [lower] ; niedriger ist besser
   *[neither] {""}
    }). { $says } { $limit }
line-evidence = { $method }: Evidenz { $shares }
line-region = { $region } { $share } (Fläche { $area })
line-no-evidence = keine
network-with-head = { $backbone }, Kopf { $head }
network-ensemble = Ensemble aus { $members } ({ $rule })
explained-mean = das gewichtete Mittel der Logits der Mitglieder, jedes durch seine Temperatur geteilt
explained-joined = das Logit des verbundenen Netzes

## Methods, by their key (explain/methods.py, method_text.py)

# Was eine Karte nicht zeigt.
caption-grad-cam =
    Zeigt nicht, was gegen den Befund spricht, und keinen Umriss: Eine Zelle deckt viel von der Lunge ab.
caption-lrp-epsilon =
    Zeigt keine Regionen: Lesen Sie sie als Wolke von Pixeln, nicht als Umriss. Was die Konstanten des Netzes beitragen,
    ist weggelassen.
caption-lrp-epsilon-plus-flat = Zeigt nicht, was den Wert innerhalb des Netzes niedrig hält.
caption-grad-cam-plus-plus =
    Zeigt nicht, was gegen den Befund spricht, und ihre Werte ergeben keine Summe: Nur ihre Reihenfolge zählt.
caption-hires-cam =
    Zeigt nicht mehr als Grad-CAM, wo das Netz über die ganze Aufnahme mittelt: Dort sind beide dieselbe Karte.
caption-layer-cam = Zeigt nicht, was gegen den Befund spricht, auch nicht, wo es überwiegt, was für ihn spricht.
caption-eigen-cam =
    Zeigt nicht diesen Befund: Es ist das Hauptmuster der letzten Schicht des Netzes, dasselbe für jeden Befund.
caption-score-cam =
    Zeigt nicht, was die Aufnahme allein tut: Gefragt wird nach Aufnahmen, die außerhalb eines Musters grau sind und an
    denen kein Netz trainiert wurde.
caption-lrp-epsilon-plus =
    Zeigt nicht, was den Wert innerhalb des Netzes niedrig hält, und bevorzugt Pixel fern vom mittleren Grau.
caption-lrp-epsilon-alpha2-beta1 =
    Zeigt nicht, wie stark Für und Wider sind: Dass sie 2 zu 1 stehen, bestimmt die Regel, nicht das Netz.
caption-lrp-epsilon-alpha2-beta1-flat =
    Zeigt nicht, wie stark Für und Wider sind, 2 zu 1 nach der Regel, und nicht, welche einzelnen Pixel zählten.
caption-lrp-gamma-box =
    Zeigt nicht, was die Konstanten des Netzes beitragen, die in jeder Schicht ihren Anteil behalten.
caption-gradient =
    Zeigt nicht, woraus der Wert entstand, nur was ihn ändern würde, wenn ein einzelnes Pixel etwas heller würde.
caption-gradient-x-input =
    Zeigt weder Regionen noch Pixel von mittlerem Grau, die nach Definition 0 haben, noch was die Konstanten des Netzes
    beitragen.
caption-smooth-grad =
    Zeigt nicht diese Aufnahme allein, sondern das Mittel über Aufnahmen mit etwas Rauschen: was den Wert ändern würde,
    nicht woraus er entstand.
caption-integrated-gradients =
    Zeigt nicht, welchen Wert schon eine graue Aufnahme hat: Verteilt wird der Unterschied zwischen dieser Aufnahme und
    einer grauen.
caption-occlusion =
    Zeigt keine Befunde, die breiter sind als der unscharfe Fleck, und nicht, was das Netz an zwei Orten zugleich liest.

# Was ein Feld sagt, bevor es eine Karte gibt.
family-cam = Welche Regionen für den Befund sprechen, in groben Zellen.
family-score-cam = Welche Muster den Wert halten, wenn die Aufnahme außerhalb von ihnen abgedunkelt wird.
family-lrp = Welche Pixel den Wert getragen haben: Orange spricht für den Befund, Blau gegen ihn.
family-gradient = An welchen Pixeln der Wert hängt: orange, wo mehr Helligkeit ihn hebt, blau, wo sie ihn senkt.
family-occlusion = Welche Teile der Wert braucht: orange, wo er fällt, wenn sie verdeckt sind, blau, wo er steigt.

# Eines Wertes einer Karte; too-little: einer Karte mit weniger als dem Wenigsten, das gezeigt wird.
unit-cell = Logit-Punkte je Zelle
    .too-little = alle ihre Zellen zusammen enthalten weniger als { $floor } Logit-Punkte
unit-pixel = Logit-Punkte je Pixel
    .too-little = alle ihre Pixel zusammen enthalten weniger als { $floor } Logit-Punkte
unit-slope = Logit-Punkte je Einheit der Eingabe
    .unlike = eine Einheit der Eingabe ist für jedes Netz eine andere Menge Helligkeit
unit-hidden = Logit-Punkte beim Verdecken
    .too-little = einen Teil zu verdecken ändert das Logit überall um weniger als { $floor } Punkte
    .unlike = die Netze sehen die Aufnahme in anderer Form, daher waren andere Teile von ihr verdeckt
unit-relative = relativ
    .unlike = Werte dieser Methode sind nur innerhalb einer Karte vergleichbar
unit-film-share = Logit-Punkte je 1 % der Aufnahme
unit-slope-film-share = Logit-Punkte je Einheit der Eingabe und 1 % der Aufnahme
unit-calibrated = kalibrierte { $unit }

## Films to try (examples_text.py)

examples = Oder künstlich:
    .label = Eine künstliche Aufnahme ausprobieren
example = Künstlich: { $name }
example-normal = unauffällig
    .gloss = Eine gezeichnete Aufnahme ohne Befund.
example-consolidation = Konsolidierung
    .gloss = Eine fleckige Verschattung, in eine Lunge gesetzt.
example-effusion = Erguss
    .gloss = Flüssigkeit, unten in eine Lunge gesetzt.
example-shortcut-marker = Marke
    .gloss = Kein Befund, aber Buchstaben, die ein Netz statt eines Befunds gelernt haben kann.
example-note =
    Künstlich: von diesem Programm gezeichnet, nicht die Aufnahme eines Menschen. Nichts wurde hochgeladen.

planted-show = Zeigen, was gesetzt wurde
planted = Umrandet: { $names }.
planted-cardiomegaly = gesetzte Kardiomegalie
planted-nodule = gesetzter Rundherd
planted-mass = gesetzte Raumforderung
planted-consolidation = gesetzte Konsolidierung
planted-effusion = gesetzter Erguss
planted-letters = Buchstaben

## Decks of films (teaching/)

deck-none = In diesem Ordner ist keine { $file }.
    .hint = Legen Sie eine an: python -m cxr_demo deck new ORDNER
deck-too-large = { $file } ist größer als { $kilobytes } KB.
deck-no-utf8 = { $file } lässt sich nicht als Text in UTF-8 lesen.
deck-mistake = { $file }, Zeile { $line }: { $what }
deck-mistakes =
    { $file }, Zeile { $line }: { $what } { $others ->
        [one] Ein weiterer Fehler wurde gefunden.
       *[other] { $others } weitere Fehler wurden gefunden.
    }
    .hint = Alle nennt: python -m cxr_demo deck check ORDNER
deck-refused =
    { $mistakes ->
        [one] Es ist ein Fehler darin; ohne ihn lässt sich der Satz verwenden.
       *[other] Es sind { $mistakes } Fehler darin; ohne sie lässt sich der Satz verwenden.
    }
deck-syntax = Das ist kein TOML: { $why }.
deck-nested = Es ist zu tief verschachtelt.
deck-version = Das ist Fassung { $given }, und dieses Programm liest Fassung { $version }.
deck-to-do = Das ist noch zu schreiben.
deck-no-text = Schreiben Sie einen Text, der sich drucken lässt.
deck-unknown-key = Einen Eintrag '{ $key }' gibt es hier nicht. Meinten Sie: { $near }?
deck-unknown-label = '{ $label }' ist kein bekannter Befund. Meinten Sie: { $near }?
deck-not-planted = '{ $label }' kann nicht in einer künstlichen Aufnahme sein. Möglich sind: { $known }.
deck-language = '{ $language }' ist keine Sprache der Seite; sie hat: { $known }.
deck-language-missing = Den Titel gibt es auch in '{ $language }', diesen Text nicht.
deck-missing = '{ $key }' fehlt.
deck-too-long = Der Text hat mehr als { $most } Zeichen.
deck-too-many = '{ $key }' hat mehr als { $most } Einträge.
deck-wrong-type = '{ $key }' erwartet { $takes }.
deck-takes-version = eine ganze Zahl
deck-takes-text = einen Text in Anführungszeichen
deck-takes-texts = einen Text für jede Sprache, wie title.de = "..."
deck-takes-names = eine Liste von Namen, wie ["effusion", "mass"]
deck-takes-films = Aufnahmen, jede unter einem eigenen [[films]]
deck-takes-synthetic = eine künstliche Aufnahme, wie {"{"} seed = 6, findings = ["effusion"], letters = "PORT" {"}"}
deck-takes-regions = Regionen, wie [{"{"} label = "effusion", box = [0.1, 0.2, 0.3, 0.4] {"}"}]
deck-takes-seed = eine ganze Zahl, 0 oder mehr
deck-takes-letters = höchstens fünf Großbuchstaben oder Ziffern
deck-takes-box = x, y, Breite und Höhe in Anteilen der Aufnahme, wie [0.1, 0.2, 0.3, 0.4]
deck-takes-box-px = x, y, Breite und Höhe in Pixeln der Aufnahme, wie [100, 200, 300, 400]
deck-no-films = Es ist keine Aufnahme darin. Jede steht unter einem eigenen [[films]].
deck-too-many-films = Es sind mehr als { $most } Aufnahmen.
deck-file-or-synthetic = Eine Aufnahme hat entweder eine Datei oder ist künstlich: Geben Sie eines von beiden an.
deck-synthetic-truth = Lassen Sie '{ $key }' weg: Was eine künstliche Aufnahme zeigt, sagt schon ihr 'findings'.
deck-truth-mixed = Jeder Befund steht hier einmal, und "no finding" allein.
deck-region-label = '{ $label }' hat hier eine Region und steht nicht in 'truth'.
deck-one-box = Eine Region hat entweder 'box' oder 'box_px': Geben Sie eines von beiden an.
deck-outside =
    Das Rechteck ragt aus der Aufnahme oder hat keine Fläche: x, y, Breite und Höhe sind Anteile von ihr, von 0 bis 1.
deck-outside-px =
    Das Rechteck ragt aus der Aufnahme oder hat keine Fläche: Die Aufnahme hat { $width } × { $height } Pixel.
deck-twice = Das ist noch einmal Aufnahme { $number }.
deck-leaves-folder = '{ $name }' führt aus dem Ordner hinaus. Legen Sie die Aufnahme neben deck.toml.
deck-no-such-film = Im Ordner ist keine Aufnahme '{ $name }'. Meinten Sie: { $near }?
deck-no-folder = Einen Ordner '{ $name }' gibt es nicht.
deck-earlier = Es gibt schon eine { $file }.
    .hint = Ändern Sie sie von Hand, oder löschen Sie sie zuvor.
deck-folder-empty = In '{ $name }' ist keine Aufnahme.
deck-folder-full = Es sind { $films } Aufnahmen, mehr als die { $most } eines Satzes.
deck-film-there = '{ $name }' liegt schon in --out.
    .hint = Geben Sie für --out einen neuen Ordner an.
deck-names-odd =
    Weggelassen, denn im Namen steht, was sich nicht drucken lässt, oder mehr als 200 Zeichen, ein \ oder ein
    Doppelpunkt: { $names }.
    .hint = Geben Sie diesen Dateien andere Namen.
deck-made =
    { $films ->
        [one] Eine Aufnahme. Schreiben Sie in diese Datei, was sie zeigt;
       *[other] { $films } Aufnahmen. Schreiben Sie in diese Datei, was sie zeigen;
    } `deck check` nennt, was noch zu tun ist.
deck-left-out = Keine Aufnahmen und weggelassen: { $names }.
deck-look =
    Sehen Sie nach, bevor Sie den Satz weitergeben: Namen können in Aufnahmen eingebrannt sein, in DICOM-Dateien stehen
    oder Dateinamen sein. Das Programm ändert nichts davon.
deck-holds =
    { $title }: { $films ->
        [one] eine Aufnahme
       *[other] { $films } Aufnahmen
    }
deck-synthetic = künstlich, Startzahl { $seed }
deck-needs = Netze: { $networks }
deck-comment-what = Ein Satz Aufnahmen für die Prüfung. Jeder Eintrag ist in docs/decks.md erklärt.
deck-comment-to-do = `python -m cxr_demo deck check ORDNER` nennt jede Zeile, die noch zu schreiben ist.
deck-comment-networks = Namen von Netzen, die raten, wie `models` sie nennt; darf leer bleiben
deck-comment-choices = weitere Befunde zur Auswahl; darf leer bleiben
deck-comment-truth = Befunde, wie ["effusion", "mass"]; oder ["no finding"]
deck-comment-regions = wo jeder Befund ist: x, y, Breite, Höhe in Anteilen der Aufnahme von ihrer linken oberen Ecke aus
deck-to-do-intro = was vor der ersten Aufnahme zu lesen ist; es verrät keine Antwort
deck-to-do-licence = die Lizenz, oder wer es erlaubt hat
deck-to-do-source = woher die Aufnahme ist, ohne den Namen eines Menschen
deck-to-do-look-for = worauf zu achten ist; es wird nach der eigenen Antwort gelesen
deck-to-do-explanation = was die Aufnahme zeigt und warum, in zwei oder drei Sätzen

## Notebooks (explain/notebook_html.py)

notebook-sums = Die Werte ergeben zusammen { $total }; der Logit ist { $logit }.

## The exam (teaching/exam.py, exam_text.py, ui/lesson/exam_view.py)

exam-no-answer = Das ist keine Antwort zu dieser Aufnahme.
    .hint = Jeder Befund hat ein Rechteck auf der Aufnahme.
exam-kept = { $answers ->
    [0] Nichts ging verloren.
    [one] Ihre Antwort bleibt.
   *[other] Ihre { $answers } Antworten bleiben.
}
exam-go-on = Weiter
exam-wait = Das Netz wird gefragt. Beim ersten Mal werden seine Karten geprüft, das dauert bis zu einer Minute.
exam-boxes-stay = Ihre Rechtecke bleiben, wie sie sind; ändern kann sich, was Sie nennen.
exam-choose-first = Wählen Sie zuerst, was es ist.
exam-named = Sie nennen: { $names }.
exam-first-verdict = Ihre erste Antwort: { $verdict }
exam-final-verdict = Nach dem Rat: { $verdict }
exam-missed-none = Nicht genannt.
exam-deck-silent = Ohne Schwelle für diese Befunde: { $names }. Ihr Rat entfällt.
exam-deck-same-name = Ein anderer Satz liegt in einem Ordner desselben Namens und steht hier statt „{ $title }“.
exam-map-scale = Volle Farbe bei { $limit } { $unit }
exam-no-state = Diese Antworten gehören nicht zu dieser Prüfung.
    .hint = Beginnen Sie von vorn.
lesson = Lernen in einer Prüfung: Was sehen Sie, und wem glauben Sie?
exam-intro =
    Sagen Sie, was eine Aufnahme zeigt, und zeichnen Sie, wo, bevor irgendetwas anderes zu sehen ist. Dann gibt ein Netz
    seinen Rat, und zuletzt kommen die Wahrheit, worauf zu achten ist, und die Karten. Was Sie übersehen, kommt wieder.
exam-no-decks = Auf dieser Seite ist kein Satz von Aufnahmen.
exam-deck =
    { $films ->
        [one] Eine Aufnahme
       *[other] { $films } Aufnahmen
    }, { $networks ->
        [0] ohne Netz
        [one] und der Rat eines Netzes
       *[other] und der Rat von { $networks } Netzen
    }
exam-deck-missing = Nicht auf dieser Seite: { $names }. Ihr Rat entfällt.
exam-deck-refused = Der Satz { $name } ist nicht zu gebrauchen: { $why }
exam-begin = Beginnen
exam-begin-deck = Beginnen: { $title }
exam-film = Aufnahme { $number }
exam-seen = { $seen } von { $films } gesehen
exam-asked = Was zeigt diese Aufnahme, und wo?
exam-draw = Zeichnen Sie ein Rechteck auf die Aufnahme: { $name }.
exam-box =
    { $name }: { $left } % von links, { $top } % von oben, { $width } % breit, { $height } % hoch. Pfeiltasten verschieben
    es, Umschalt und Pfeiltasten ändern die Größe, Entf entfernt es.
exam-how =
    Wählen Sie einen Befund, und ziehen Sie dann auf der Aufnahme ein Rechteck darum. Mit der Tastatur hat ein gewählter
    Befund sein Rechteck sofort: Pfeiltasten verschieben es, Umschalt und Pfeiltasten ändern die Größe, Entf entfernt es.
exam-answer = Das ist meine Antwort
exam-advice = Netz { $letter } sagt
exam-advice-none = Kein Befund
exam-advice-named = { $name }: { $score }, über seiner Schwelle
exam-asked-again = Bleiben Sie bei Ihrer Antwort, oder ändern Sie sie?
exam-final = Das ist meine endgültige Antwort
exam-map = { $method } von Netz { $letter } für { $name }.
exam-no-evidence = Nichts spricht dafür.
exam-own-box = Ihres
exam-true-box = Wahr
exam-truth = Sie zeigt: { $names }.
exam-you-said = Sie sagten: { $names }.
exam-you-changed = Nach dem Rat: { $names }.
exam-look-for = Worauf zu achten ist
exam-explanation = Warum
exam-no-map = Es nennt keinen Befund, also gibt es keine Karte: Eine Karte von etwas, das ein Netz nicht sieht, führt irre.
exam-source = { $source }. Lizenz: { $licence }
exam-next = Nächste Aufnahme
exam-finish = Zur Auswertung
exam-sheet = Ihre Auswertung
exam-network-was = Netz { $letter } war { $name }
exam-print = Drucken
exam-again = Noch einmal von vorn
exam-decks = Zur Auswahl
exam-place-match = Ihr Rechteck trifft: Es hat { $iou } mit dem wahren gemeinsam.
exam-place-near = Ihr Rechteck liegt nahe: Es hat { $iou } mit dem wahren gemeinsam.
exam-place-elsewhere = Ihr Rechteck liegt woanders: Es hat { $iou } mit dem wahren gemeinsam.
exam-centre-inside = Seine Mitte liegt darin.
exam-centre-outside = Seine Mitte liegt außerhalb.
exam-right = Richtig benannt.
exam-missed = Übersehen: { $names }.
exam-false-alarm = Nicht vorhanden: { $names }.
exam-sheet-films =
    { $films ->
        [one] Eine Aufnahme
       *[other] { $films } Aufnahmen
    }, jede, wie Sie sie zuerst gesehen haben
exam-sheet-counts = { $name }: gefunden { $hits }, übersehen { $misses }, genannt, wo nicht vorhanden { $alarms }
exam-sheet-places = Rechtecke: { $match } getroffen, { $near } nahe, { $elsewhere } woanders
exam-sheet-again = Noch einmal gesehen: { $again }, dann richtig: { $right }
exam-sheet-shown = Mit gezeigter Karte
exam-sheet-hidden = Mit verborgener Karte
exam-sheet-followed = { $arm } sind Sie falschem Rat { $followed } von { $wrong } Malen gefolgt: { $rate }
exam-sheet-never = { $arm } stand kein falscher Rat gegen Ihre Antwort
exam-sheet-effect =
    Die Karte hat um { $difference } (in Anteilen von 1) geändert, wie oft Sie falschem Rat gefolgt sind. Wo das Intervall
    0 enthält, kann es Zufall sein.

## Eine Klasse zugleich (teaching/classroom.py, class_text.py, ui/lesson/class_view.py)

class-title = Eine Klasse
class-teach-title = Eine Klasse unterrichten
class-door = Eine Klasse unterrichten: alle antworten am Telefon
    .join = Mit einem Code an einer Klasse teilnehmen
class-unknown = Eine Klasse { $code } gibt es nicht.
    .hint = Sehen Sie den Code noch einmal an, oder fragen Sie Ihre Lehrkraft.
class-over = Diese Klasse ist zu Ende. Nichts davon wurde behalten.
class-full = Diese Klasse ist voll: { $most } nehmen teil.
class-no-room = { $most } Klassen laufen auf dieser Seite, und mehr haben nicht Platz.
    .hint = Versuchen Sie es wieder, wenn eine davon zu Ende ist.
class-locked = Diese Klasse lässt niemanden mehr ein.
    .hint = Bitten Sie Ihre Lehrkraft, sie wieder zu öffnen.
class-no-token = Diese Seite ist zu alt für diese Klasse.
    .hint = Laden Sie sie neu.
class-no-network = Dieser Rechner ist in keinem Netz, das Telefone erreichen.
    .hint = Verbinden Sie ihn mit dem Netz des Raums, oder öffnen Sie einen Hotspot, und eröffnen Sie die Klasse neu.
class-other-addresses = Wenn das nirgends hinführt: { $addresses }
class-nobody = Niemand hat geantwortet.
class-placed = { $placed } davon zeichneten es dort ein, wo es ist.
class-act-lock = Niemanden mehr einlassen
class-act-unlock = Wieder einlassen
class-networks-asked = Die Netze sehen sich die Aufnahme an.
class-paused = Ihre Lehrkraft hat die Klasse angehalten. Ihre Antwort wurde noch nicht angenommen.
class-late = Diese Aufnahme ist vorbei, die Antwort kam also zu spät.
class-no-deck = Wählen Sie einen Satz.
class-lost = Die Seite ist nicht zu erreichen. Es wird wieder versucht; Ihr Platz bleibt.
class-join = Teilnehmen
class-join-title = An einer Klasse teilnehmen
class-code = Code an der Wand
class-nickname = Spitzname, wenn Sie mögen
class-nickname-how = Er steht nur in der Tabelle Ihrer Lehrkraft, nie an der Wand. Schreiben Sie nicht Ihren vollen Namen.
class-joined = Sie sind dabei. Die erste Aufnahme kommt, wenn Ihre Lehrkraft beginnt.
class-number = Nummer { $number }
class-leave = Diese Klasse verlassen
class-waiting = Ihre Antwort ist da. Was wahr ist, kommt, wenn alle geantwortet haben.
class-pause-told = Von Ihrer Lehrkraft angehalten.
class-missed-film = Zu dieser Aufnahme haben Sie nicht geantwortet.
class-next-soon = Die nächste Aufnahme kommt, wenn Ihre Lehrkraft weitergeht.
class-choose = Wählen Sie, was die Klasse sehen wird. Die Aufnahmen kommen in der Reihenfolge des Satzes, wie in seinem Arbeitsblatt.
class-open = Klasse eröffnen
class-open-deck = Klasse eröffnen: { $title }
class-how-to-join = Teilnehmen unter
class-by-code = mit dem Code
class-qr = Ein QR-Code, der zu { $address } führt
class-unreachable = Telefone erreichen diese Seite nicht: Sie antwortet nur diesem Rechner.
    .hint = Starten Sie sie neu mit GRADIO_SERVER_NAME=0.0.0.0, und öffnen Sie sie hier wieder.
class-seats =
    { $seats ->
        [0] Noch nimmt niemand teil.
        [one] Eine Person nimmt teil.
       *[other] { $seats } nehmen teil.
    }
class-answered = { $answered } von { $seats } haben geantwortet
class-right = { $right } von { $answered } nennen alles, was da ist, und sonst nichts.
class-place = Aufnahme { $number } von { $films }
class-counts = Was gesagt wurde
class-count = { $name }: { $count }
class-true = wahr
class-crowd = { $boxes ->
        [0] Kein Rahmen wurde gezeichnet.
        [one] Ein Rahmen wurde gezeichnet.
       *[other] { $boxes } Rahmen wurden gezeichnet.
    }
class-act-start = Beginnen
class-act-pause = Anhalten
class-act-go-on = Weiter
class-act-truth = Zeigen, was wahr ist
class-act-networks = Zeigen, was Netze sagen
class-act-next = Nächste Aufnahme
class-act-last = Zu den Ergebnissen
class-act-end = Klasse beenden
    .sure = Die Klasse für alle beenden? Die Antworten bleiben, bis Sie sie schließen.
class-ended = Ende. Nehmen Sie die Ergebnisse jetzt mit: Wenn diese Klasse geschlossen wird, oder { $minutes } Minuten nachdem Sie diese Seite verlassen haben, sind sie fort.
class-take-results = Ergebnisse (CSV)
class-take-handout = Arbeitsblatt (PDF)
class-take-solutions = Lösungen (PDF)
class-close = Schließen und alles vergessen
    .sure = Alles von dieser Klasse ist dann fort: Nehmen Sie zuerst die Ergebnisse mit.
class-end-told = Ende. Das ist Ihr eigenes Blatt; niemand sonst sieht es.
handout-solutions = { $title }: Lösungen
handout-asked = Was zeigt diese Aufnahme, und wo? Zeichnen Sie es ein.

## Where maps point (localisation_text.py)

localisation = Wohin die Karten zeigen
localisation-how =
    Gemessen an Aufnahmen, auf denen ein Rechteck sagt, wo der Befund ist (Protokoll von CheXlocalize, Saporta et al.
    2022). Trefferquote: wie oft der stärkste Punkt einer Karte in einem Rechteck liegt. mIoU: die Überlappung des
    Rechtecks mit dem, was in der Karte hervortritt, 0 bis 1, Mittel über die Karten; Befunde füllen ihre Rechtecke
    nicht aus, sodass auch eine vollkommene Karte unter 1 bleibt. Eine Karte ohne positive Werte verfehlt.
localisation-baselines =
    Vergleichen Sie mit den ersten beiden Zeilen: Zufall ist der Anteil der Aufnahme, den die Rechtecke bedecken, und die
    Mitte der Aufnahme braucht kein Netz. Eine Methode, die nicht beide schlägt, sagt nicht mehr als blindes Raten.
localisation-few =
    Wenige Karten: Die Intervalle (95 %, über Patienten, in Klammern) sind weit und noch immer zu eng. Wo alle Karten
    treffen oder alle verfehlen, gibt es keines.
localisation-films = Welche Aufnahmen, und welche Methoden fehlen
localisation-method = Methode
localisation-all = Alle Befunde
localisation-chance = Zufall
localisation-centre = Mitte der Aufnahme
localisation-hit-rate = Trefferquote
localisation-miou = mIoU
localisation-caption = { $figure }, { $films } Aufnahmen
localisation-column = { $finding }, { $maps ->
        [one] { $maps } Karte
       *[other] { $maps } Karten
    }
localisation-parts = Nach Teilen: { $names }

## The engine of the static edition (export/static)

static-graph-differs = Der Graph { $graph } sagt von einer Aufnahme etwas anderes als das Netz selbst; die Ausgabe wird deshalb nicht geschrieben.
    .hint = Dieses Netz weglassen und es denen sagen, die dieses Programm pflegen.
static-no-licence = Das Paket { $package } bringt keine Lizenz mit und wird deshalb nicht kopiert.
    .hint = Denen sagen, die dieses Programm pflegen.
static-no-npm = Was die Seite der statischen Ausgabe ausführt, bringt npm mit, und das ist nicht installiert.
    .hint = Installieren mit: pip install "cxr-demo[static]"
static-no-packages = npm konnte die Pakete der statischen Ausgabe nicht holen.
    .hint = Ansehen, was es ausgegeben hat, und ob sein Verzeichnis erreichbar ist.
static-file-missing = Die Datei { $file } konnte nicht geladen werden.
    .hint = Die Verbindung prüfen und die Seite neu laden.
static-file-broken = Die Datei { $file } ist abgeschnitten, beschädigt oder aus einer anderen Ausgabe.
    .hint = Die Seite neu laden; hilft das nicht, muss ihr Ordner neu kopiert werden.
static-no-simd = Dieser Browser kann nicht mit Netzen rechnen: Ihm fehlt WebAssembly mit SIMD.
    .hint = Einen aktuellen Firefox, Chrome, Edge oder Safari verwenden.
static-pixels-changed = Dieser Browser verändert die Pixel von Bildern, bevor eine Seite sie lesen kann; die Zahlen wären die eines anderen Bildes.
    .hint = Die Aufnahme als PNG, TIFF oder DICOM speichern, die die Seite selbst liest, oder das Auslesen von Bildern hier erlauben.
static-variety = Diese Spielart von { $kind } lässt sich ohne Server nicht lesen.
    .hint = Die Aufnahme als PNG speichern.
static-no-memory = Der Speicher dieses Browsers reicht nicht, um das zu berechnen.
    .hint = Andere Seiten schließen oder ein kleineres Netz wählen.
static-not-computed = Dieser Browser konnte das nicht berechnen: { $why }
    .hint = Die Seite neu laden oder einen anderen Browser verwenden.
static-no-network = Es ist noch kein Netz geladen.
    .hint = Zuerst eines auswählen.
static-was-stopped = Das wurde angehalten, bevor es fertig war.

## Files that are not read (film/)

use-one-of = Nehmen Sie eine PNG-, JPEG-, TIFF-, WebP-, BMP- oder DICOM-Datei.
get-again = Exportieren oder laden Sie die Datei noch einmal.
film-no-memory = Der Speicher reicht nicht, um dieses Bild zu öffnen.
    .hint = Versuchen Sie es mit einem kleineren.
film-damaged = Diese { $kind }-Datei ist beschädigt, abgeschnitten oder von einer Art, die hier nicht gelesen wird.
    .hint = { get-again }
film-no-synthetic = Diese synthetische Aufnahme gibt es nicht. Es gibt: { $known }
film-too-slow = Das Lesen dieses Bildes wurde beendet: Es dauerte länger als { $seconds } Sekunden, und eine Aufnahme braucht etwa drei.
    .hint = { get-again }
film-unreadable = An diesem Bild ist der Decoder gescheitert.
    .hint = { get-again }
film-none-given = Es wurde keine Datei angegeben.
    .hint = { use-one-of }
film-not-found = Die Datei wurde nicht gefunden.
    .hint = Prüfen Sie ihren Namen, oder laden Sie sie noch einmal hoch.
film-not-opened = Die Datei ließ sich nicht öffnen.
    .hint = Prüfen Sie ihre Rechte, oder laden Sie sie noch einmal hoch.
film-empty = Diese Datei ist leer.
    .hint = { get-again }
film-too-large = Diese Datei ist größer als { $megabytes } MB.
    .hint = Exportieren Sie ein einzelnes, kleineres Bild.
film-folder = Dies ist ein Ordner, keine Datei.
    .hint = Wählen Sie eine Datei darin.
film-not-ordinary = Dies ist keine gewöhnliche Datei.
    .hint = { use-one-of }
film-not-image = Dies ist { $what }, kein Bild, das sich lesen lässt.
    .hint = { use-one-of }
film-too-many-pixels = Dieses Bild hat { $width } x { $height } Pixel, mehr als { $megapixels } Megapixel.
    .hint = Exportieren Sie es kleiner.
film-too-few-pixels = Dieses Bild hat { $width } x { $height } Pixel, zu wenige für eine Aufnahme.
    .hint = Nehmen Sie eines mit { $least } oder mehr auf jeder Seite.
film-too-thin = Dieses Bild hat { $width } x { $height } Pixel, zu lang und schmal für eine Thoraxaufnahme.
    .hint = Schneiden Sie es auf die Aufnahme zu.
film-pages = Diese { $kind }-Datei enthält mehrere Seiten, nicht eine Aufnahme.
    .hint = Speichern Sie die Aufnahme als eigene Datei.
film-animation = Diese { $kind }-Datei enthält eine Animation, nicht eine Aufnahme.
    .hint = Speichern Sie die Aufnahme als eigene Datei.
film-large-tiles = Diese TIFF-Datei behauptet Kacheln von mehr als { $megapixels } Megapixeln.
    .hint = { get-again }
film-tiff-variety = Diese Art von TIFF kann hier nicht decodiert werden.
    .hint = Speichern Sie es unkomprimiert oder als PNG.
film-16-bit-colours = Die 16-Bit-Farben dieser Datei lassen sich nicht decodieren.
    .hint = Speichern Sie sie in 16-Bit-Grau.
film-not-numbers = Einige Pixel dieser Datei sind keine Zahlen (NaN oder unendlich).
    .hint = Exportieren Sie sie mit ganzen Zahlen von 16 Bit.
film-no-numbers = { film-not-numbers }
    .hint = { get-again }
film-blank = Dieses Bild ist leer: Jedes Pixel hat dasselbe Grau.
    .hint = Wählen Sie eine andere Datei.
jpeg-too-many-parts = Dieses JPEG besteht aus weit mehr Teilen, als irgendeine Kamera schreibt.
    .hint = Speichern Sie es neu.

# Jedes geht in "film-not-image" ein.
file-is-gif = ein GIF, ein Format von höchstens 256 Stufen, das bewegt sein kann
file-is-pdf = ein PDF-Dokument
file-is-zip = ein zip-Archiv oder ein Office-Dokument
file-is-gzip = ein gzip-Archiv
file-is-heic = ein HEIC- oder AVIF-Foto oder ein Video
file-is-jpeg-2000 = eine JPEG-2000-Datei außerhalb von DICOM
file-is-svg = eine SVG-Zeichnung
file-is-web-page = eine Webseite
file-is-text = eine Textdatei
file-is-unknown = eine Datei unbekannter Art

dicom-export-again = Exportieren Sie sie noch einmal, unkomprimiert oder als JPEG 2000.
dicom-too-large = Diese DICOM-Datei ist ausgepackt größer als { $megabytes } MB.
    .hint = Exportieren Sie ein einzelnes, kleineres Bild.
dicom-tag-missing = Diese DICOM-Datei nennt ihren Wert { $tag } nicht.
    .hint = { dicom-export-again }
dicom-other = Diese DICOM-Datei enthält { $content } ({ $modality }), keine Röntgenaufnahme.
    .hint = Wählen Sie die Aufnahme selbst.
dicom-empty = Diese DICOM-Datei enthält kein Bild oder ist abgeschnitten.
    .hint = Wählen Sie die Aufnahme selbst.
dicom-frames = Diese DICOM-Datei enthält { $frames } Einzelbilder, nicht eine Aufnahme.
    .hint = Exportieren Sie die, welche Sie meinen.
dicom-compressed = Diese DICOM-Datei ist so komprimiert, dass sie hier nicht decodiert werden kann.
    .hint = { dicom-export-again }
dicom-not-as-said = Das Bild in dieser DICOM-Datei ist nicht das, was ihr Kopf sagt.
    .hint = { dicom-export-again }

# Jedes geht in "dicom-other" ein.
dicom-holds-rtdose = eine Strahlendosis
dicom-holds-seg = eine Segmentierung
dicom-holds-sr = einen Bericht
dicom-holds-pr = die Anzeigeeinstellungen einer Aufnahme
dicom-holds-ko = eine Liste ausgewählter Bilder
dicom-holds-doc = ein Dokument
dicom-holds-rtplan = einen Bestrahlungsplan
dicom-holds-rtstruct = gezeichnete Umrisse
dicom-holds-reg = eine Registrierung
dicom-holds-ecg = ein EKG

## Notes of a file (film/): what was done to it

note-halved = { $width } x { $height } Pixel, in halber Größe gelesen.
note-one-bit = Ein Bit für jedes Pixel: nur Schwarz und Weiß.
note-cmyk = Druckfarben (CMYK) wurden in Bildschirmfarben umgewandelt.
note-lab = Lab-Farben wurden in Bildschirmfarben umgewandelt.
note-palette = Die Palette der Datei wurde angewandt.
note-turned = Aufrecht gedreht, wie es die in der Datei gespeicherte Ausrichtung sagt.
note-white-is-zero = Das TIFF speichert Weiß als null: invertiert.
note-bits = Werte von { $bits } Bit in einer Datei von { $container } Bit: mit { $white } skaliert.
note-scaled = Werte von { $low } bis { $high }: auf den ganzen Bereich von Schwarz bis Weiß skaliert.
note-all-transparent = Die Datei nennt jedes Pixel durchsichtig: Seine Farben werden gezeigt, wie sie sind.
note-no-end = Die Endmarke des JPEG fehlt, alle Pixel sind da.
note-transparent = Durchsichtige Teile wurden auf Schwarz gelegt.
note-colour = Das Bild ist farbig: nach der Helligkeit in Grau umgewandelt.

# DICOM
note-modality = Die Datei sagt Modalität { $modality }, keine Röntgenaufnahme.
note-raw = Die Datei sagt, dass sie rohe Detektordaten enthält, die nicht zum Ansehen gedacht sind.
note-not-square = Die Pixel sind nicht quadratisch ({ $ratio }-mal so hoch wie breit): quadratisch gemacht.
note-unreadable-tag =
    Was die Datei unter { $tag } angibt, ist nicht lesbar: weggelassen, { $tag ->
        [HighBit] also prüfen Sie, ob die Aufnahme richtig aussieht
        [PresentationLUTShape] also prüfen Sie, ob Knochen hell ist
        [PixelPaddingValue] also kann hell sein, was um die Aufnahme liegt
        [PixelPaddingRangeLimit] also kann hell sein, was um die Aufnahme liegt
        [PixelSpacing] also kann die Aufnahme verzerrt aussehen
        [ImagerPixelSpacing] also kann die Aufnahme verzerrt aussehen
        [PixelAspectRatio] also kann die Aufnahme verzerrt aussehen
        [Modality] was an keinem Pixel etwas ändert
        [PresentationIntentType] was an keinem Pixel etwas ändert
        [NumberOfFrames] was an keinem Pixel etwas ändert
       *[WindowCenter] also können die Grautöne anders sein als in anderen Betrachtern
    }.
note-missing-tag =
    Die Datei nennt ihren Wert { $tag } nicht: als { $value } angenommen, { $tag ->
        [SamplesPerPixel] wie bei einem grauen Bild
        [PhotometricInterpretation] { $value ->
            [RGB] wie bei einem farbigen Bild
           *[MONOCHROME2] also ist der höchste Wert weiß
        }
        [PlanarConfiguration] also stehen die Farben jedes Pixels beisammen
        [BitsAllocated] was zur Größe des Bildes passt
        [PixelRepresentation] also ist kein Wert kleiner als null
       *[BitsStored] also zählen alle Bits eines Wertes
    }. Prüfen Sie, ob die Aufnahme richtig aussieht.
note-padding = Die in der Datei bezeichnete Auffüllung um die Aufnahme wurde schwarz gemacht.
note-modality-table = Die Modalitätstabelle (LUT) der Datei wurde angewandt.
note-rescaled = Umgerechnet, wie die Datei sagt: Steigung { $slope }, Achsenabschnitt { $intercept }.
note-table = Die VOI-LUT der Datei wurde angewandt{ $tables ->
        [1] {""}
       *[other] , die erste von { $tables }
    }.
voi-table = Tabelle { $number }
voi-window = Mitte { $centre }, Breite { $width }
    .named = { $name } ({ voi-window })
voi-range = Ganzer Wertebereich
note-window =
    Das Fenster der Datei wurde angewandt: Mitte { $centre }, Breite { $width }, { $curve }{ $windows ->
        [1] {""}
       *[other] , das erste von { $windows }
    }.
note-range-one-grey =
    Das Fenster in der Datei zeigt nur ein einziges Grau: Gezeigt wird ihr ganzer Wertebereich, { $low } bis { $high }.
note-range-no-window =
    In der Datei steht kein Fenster: Gezeigt wird ihr ganzer Wertebereich, { $low } bis { $high }.
note-range-no-valid-window =
    Das Fenster in der Datei ist nicht gültig: Gezeigt wird ihr ganzer Wertebereich, { $low } bis { $high }.
note-contradiction =
    Die Datei widerspricht sich darin, welches Ende weiß ist: Prüfen Sie, ob Knochen hell ist.
note-inverted =
    Mit dunklem Knochen gespeichert (MONOCHROME1 oder INVERSE): invertiert, sodass Knochen hell ist.

## The gate (gate_text.py): what speaks against a frontal chest film

doubt-modality = Dies ist keine Röntgenaufnahme.
doubt-ct = Dies sieht aus wie ein CT-, MR- oder Ultraschallbild, nicht wie eine Röntgenaufnahme.
doubt-view = Diese Aufnahme wurde nicht von vorn oder von hinten gemacht.
doubt-lateral = Dies sieht aus wie eine seitliche Aufnahme.
doubt-body-part = Dies sieht aus wie ein anderer Körperteil oder nur ein Teil des Thorax.
doubt-coloured = Dieses Bild ist farbig; eine Röntgenaufnahme ist grau.
doubt-photograph = Dies sieht aus wie ein Foto, nicht wie eine Röntgenaufnahme.
doubt-drawing = Dies sieht aus wie eine Zeichnung, ein Diagramm, eine Seite oder ein Muster, nicht wie eine
    Röntgenaufnahme.
doubt-several-images =
    Dies sieht aus wie mehrere Bilder auf einer Seite oder wie das Bild eines Bildschirms, nicht wie eine Aufnahme.
doubt-not-frontal =
    Dies sieht nicht aus wie eine frontale Thoraxaufnahme: Es kann ein anderer Körperteil sein, eine andere Projektion
    oder eine andere Art von Bild.
doubt-no-lungs = Wo Lungen hingehören, sind keine zwei Lungen zu sehen.
doubt-turned = Diese Aufnahme scheint auf der Seite oder auf dem Kopf zu liegen.
doubt-inverted = Diese Aufnahme scheint invertiert zu sein: Knochen dunkel, Luft hell.
doubt-mirrored = Links und rechts scheinen vertauscht zu sein, oder das Herz liegt rechts.
doubt-burned-in =
    In dieses Bild sind Wörter eingebrannt; sie können ein Netz beeinflussen und den Patienten nennen.

# Ein Knopf; die Anmerkung sagt, was getan wurde, nachdem er gedrückt war.
mend-turn-90 = Um 90° im Uhrzeigersinn drehen
    .note = Wie gewünscht um 90° im Uhrzeigersinn gedreht.
mend-turn-180 = Um 180° drehen
    .note = Wie gewünscht um 180° gedreht.
mend-turn-270 = Um 90° gegen den Uhrzeigersinn drehen
    .note = Wie gewünscht um 90° gegen den Uhrzeigersinn gedreht.
mend-invert = Invertieren
    .note = Wie gewünscht invertiert: Hell wurde dunkel, und dunkel wurde hell.
mend-mirror = Links und rechts vertauschen
    .note = Wie gewünscht wurden links und rechts vertauscht.

# Jedes geht in "likeness" ein.
look-frontal = einer frontalen Thoraxaufnahme
look-lateral = einer seitlichen Aufnahme
look-body-part = einem anderen Körperteil
look-ct = einem CT-, MR- oder Ultraschallbild
look-photograph = einem Foto
look-drawing = einer Zeichnung, einem Diagramm oder einer Seite
look-several-images = mehreren Bildern oder einem Bildschirm
look-turned-90 = einer um 90° gegen den Uhrzeigersinn gedrehten Aufnahme
look-turned-180 = einer auf dem Kopf stehenden Aufnahme
look-turned-270 = einer um 90° im Uhrzeigersinn gedrehten Aufnahme
look-inverted = einer invertierten Aufnahme
look-mirrored = einer gespiegelten Aufnahme

tag = Die Datei sagt { $name } { $value }.
orientation =
    Die Datei sagt, dass ihre Zeilen nach { $rows } laufen und ihre Spalten nach { $columns }; üblich sind L und F.
flip = Die Datei sagt, dass sie seitlich gespiegelt wurde, aber nicht, wo links und rechts jetzt sind.
colours = Mehr als 2 % der Pixel sind farbig; eine Röntgenaufnahme ist grau.
no-lung = Das Netz für Lungen findet darauf keine Lunge.
one-lung = Das Netz für Lungen findet darauf eine Lunge, die { $share } bedeckt.
two-lungs =
    Was das Netz für Lungen für zwei Lungen hält, bedeckt { $share }; die eine ist { $smaller } so groß wie die andere,
    ihre Mitten liegen { $across } der Breite und { $down } der Höhe auseinander.
likeness = Ein kleines Netz findet das Bild zu { $probability } wie von { $kind } und zu { $frontal } wie von
    { look-frontal }.
sides = Ein kleines Netz findet das Bild zu { $probability } wie eine gespiegelte Aufnahme.
distance-within =
    Der Abstand von frontalen Thoraxaufnahmen liegt im Üblichen: das { $times }-Fache der Grenze.
distance-beyond =
    Der Abstand von frontalen Thoraxaufnahmen liegt jenseits des Üblichen: das { $times }-Fache der Grenze.

gate-table = Wie oft die Eingangsprüfung nachfragt
gate-table-note =
    Bevor ein Netz antwortet, wird jedes Bild gefragt, ob es eine frontale Thoraxaufnahme ist, aufrecht und wie üblich.
    Gemessen an Bildern, an denen nichts angepasst wurde; in Klammern stehen 95-%-Intervalle. Was weder richtig noch
    falsch ist, wird in allgemeinen Worten gesagt. Gespiegelte, gedrehte und invertierte Aufnahmen wurden aus echten
    gemacht.
gate-table-kind = Was es ist
gate-table-pictures = Bilder
gate-table-questioned = Nachgefragt
gate-table-right-reason = Mit dem richtigen Grund
gate-table-wrong-reason = Mit einem falschen Grund

measured-frontal = frontale Thoraxaufnahmen
measured-lateral = seitliche Aufnahmen
measured-body-part = andere Körperteile
measured-ct = CT, MR, Ultraschall
measured-photograph = Fotos
measured-drawing = Zeichnungen, Diagramme, Seiten, Rauschen
measured-several-images = mehrere Aufnahmen, Bildschirme
measured-turned = gedrehte Aufnahmen
measured-inverted = invertierte Aufnahmen
measured-mirrored = gespiegelte Aufnahmen

## The frame of the page (ui/app, ui/lesson/lesson_view.py)

invitation = Ihre eigene Röntgenaufnahme
    .ways = Hierher ziehen, einfügen oder eine Datei wählen
    .formats = PNG, JPEG, TIFF, WebP, BMP oder DICOM.
doors = Was man hier tun kann
door-films = Aufnahmen
figures-on-phone = Schwelle, und was diese Zahlen bedeuten
door-lesson = In fünf Minuten lernen
    .hint = Stimmt auch der Grund?
door-class = Klasse
way-back = Zurück zu den Aufnahmen

## The page (page_text.py)

page-title = Erklärungen zu Thoraxaufnahmen, nebeneinander
page-subtitle = Was ein Netz sagt, was seine Erklärungen sagen, und wo sie sich widersprechen.
not-clinical = Nur Forschung und Lehre. Kein Medizinprodukt, nicht für die Klinik.

languages = Sprache
entrance-title = Bevor Sie beginnen
entrance-purpose =
    Diese Seite dient der Forschung und Lehre. Sie ist kein Medizinprodukt. Benutzen Sie sie nicht, um etwas zu
    diagnostizieren, zu behandeln oder auszuschließen.
entrance-limits =
    Die Netze wurden an wenigen Aufnahmen aus wenigen Häusern trainiert und irren sich oft. Die Karten zeigen, was ihre
    Werte bewegt hat; sie zeigen nicht, wo eine Krankheit ist.
entrance-films =
    Wählen Sie nur Aufnahmen, die Sie weitergeben dürfen, ohne Namen, auch ohne ins Bild eingebrannte.
entrance-button = Verstanden, Seite öffnen

network = Netz
strip = Aufnahmen dieser Seite
film-remove = { $name } entfernen
film-removed = Die Aufnahme wurde vom Server und von dieser Seite entfernt.
film-refused = nicht gelesen
film-is-read = wird gelesen …
film-questioned = Thoraxaufnahme?
oldest-removed = Die älteste Aufnahme wurde entfernt: Höchstens { $films } bleiben.
oldest-removed-large = Die älteste Aufnahme wurde entfernt: Große Aufnahmen lassen nur für wenige Platz.

question = Ist dies eine frontale Thoraxaufnahme?
    .remove = Entfernen
    .measured = Was gemessen wurde
    .why =
        Das Netz wurde für frontale Thoraxaufnahmen gemacht, aufrecht und wie üblich. Zu allem anderen gibt es trotzdem
        Zahlen, und sie bedeuten nichts.
show-anyway = Trotzdem zeigen
nothing-above = nichts über der Schwelle
shown-anyway = Gezeigt, obwohl nachgefragt wurde:
suggestion =
    Die Datei nennt ein Alter, für das dieses Netz nicht gemacht wurde. Ein anderes ist dafür gemacht: { $title }.
suggestion-take = Dieses nehmen

kept = Was aufbewahrt wird, und wie lange
    .short = Nach dem Lesen gelöscht; bis { $minutes } min nach Gebrauch im Speicher.
    .whole =
        Die Datei wird gelöscht, sobald sie gelesen ist. Jedes Bild und seine Karten bleiben im Speicher dieses Servers,
        bis Sie die Aufnahme entfernen, die Seite schließen, oder bis { $minutes } Minuten nach Ihrem letzten Klick oder
        dem Ende einer Prüfung, um die Sie gebeten haben. Eine Seite behält höchstens { $films } Aufnahmen und davon
        { $megabytes } MB; dann geht die älteste für die nächste. Bricht ein Hochladen ab, wird es innerhalb von
        { $breaks } Minuten gelöscht. Über eine Aufnahme wird nichts protokolliert, und nichts geht an jemand anderen.
        Wer diese Seite betreibt, kann eigene Aufzeichnungen führen.
earlier-films-gone = Die früheren Aufnahmen sind nicht mehr im Speicher.
expired =
    Die Aufnahme ist nicht mehr im Speicher: Sie wurde { $minutes } Minuten lang nicht benutzt, oder der Server wurde neu
    gestartet.
    .hint = Wählen Sie sie noch einmal.
made-room =
    Die Aufnahme ist nicht mehr im Speicher: Es waren zu viele Aufnahmen zugleich da, und Ihre war länger unbenutzt.
unexpected = Etwas ist schiefgegangen (Kennung { $reference }).
    .hint =
        Versuchen Sie es noch einmal; kommt es wieder, nennen Sie dem, der diese Seite betreibt, die Kennung.

findings = Befunde
finding = Befund
step-choose = Wählen Sie eine Aufnahme, ziehen Sie sie hierher oder fügen Sie sie ein.
step-read = Lesen Sie, was das Netz zu jedem Befund sagt, neben seiner Schwelle.
step-compare = Wählen Sie einen Befund, und vergleichen Sie, was die Erklärungen dazu sagen.
reading-file = { $name } wird gelesen …
asking-network = Das Netz sieht sich { $name } an …

# Ein Vorleseprogramm sagt es.
spoken-result = { $film }: { $finding } { $score }, { $verdict }. { $maps ->
        [ready] Die Karten sind fertig.
        [off] Die Karten sind aus.
       *[none] Es gibt keine Karten.
    }
spoken-no-result = { $film }: Es gibt kein Ergebnis. { $reason }
spoken-refused = { $film } wurde nicht gelesen. { $reason }
spoken-question = { $film }: { question } { $reasons }

score-calibrated = kalibrierte Wahrscheinlichkeit
score-uncalibrated = unkalibrierter Wert
score-below = < { $limit }
score-above = > { $limit }
scores-calibrated = Kalibriert: Von 100 Aufnahmen mit 70 % sollten etwa 70 den Befund haben.
scores-near =
    Kalibriert: Bei jedem Befund steht, wie oft er auf Testaufnahmen mit einem ähnlichen Wert da war.
scores-off = Auf den eigenen Testaufnahmen lag es im Mittel um { $points } Punkte daneben.
scores-uncalibrated =
    Dies sind unkalibrierte Werte von 0 bis 1: Mehr heißt wahrscheinlicher, aber 0,7 heißt nicht 70 von 100.
scores-several =
    Jeder Befund steht für sich: Mehrere können da sein, oder keiner. Alles unter der Schwelle heißt nicht unauffällig.
scores-exclusive = Die Befunde ergeben zusammen 100 %: Genau einer ist die Antwort.
scores-ensemble = Ein Ensemble aus { $members }: { $rule }. { members-dots }
scores-trained-on = Trainiert an: { $data }.
show-anyway-gives-only = Trotzdem zeigen: Das Netz gibt nur { $score }
show-anyway-gives-less = Trotzdem zeigen: Das Netz gibt weniger als { $limit }
show-anyway-scores-only = Trotzdem zeigen: Das Netz gibt nur den Wert { $score }
show-anyway-scores-less = Trotzdem zeigen: Das Netz gibt einen Wert unter { $limit }

# Nach der Regel eines Ensembles.
rule-majority = Mehrheit, bei Gleichstand das Mittel der Wahrscheinlichkeiten
rule-mean = Mittel der Wahrscheinlichkeiten
rule-weighted = gewichtetes Mittel der Wahrscheinlichkeiten
rule-stacking = ein kleines Netz, das alle ihre Wahrscheinlichkeiten liest
rule-joined = ein Netz, das die Merkmalskarten aller liest
ensemble-named = { $networks } Netze, { $rule }: { $members }
ensemble-weighted = { $networks } Netze, { $rule }; Gewichte: { $members }
members = Mitglieder
members-dots = Die Punkte sind, was jedes Mitglied für sich sagt.
members-say = Was jedes Mitglied sagt
members-range = { $members } Mitglieder von { $low } bis { $high }

film = Aufnahme
    .promise = Die Aufnahme, wie Sie sie gaben; keine Karte ändert ihre Grauwerte.
film-source = { $film } · { $network }
seen-frame = Der gestrichelte Rahmen ist der Teil, den das Netz sieht.
sides-known = R und L sind rechts und links des Patienten, wie die Datei sagt.
sides-unknown = Die Datei sagt nicht, welche Seite die rechte des Patienten ist.
hide-again = Karten wieder verbergen
opacity = Deckkraft
cells = Ohne Glättung
contours = Höhenlinien (25, 50, 75 %)
drawing = Darstellung
drawing-more = Linien
notes = Was mit der Datei getan wurde
    .none = Nichts: Die Pixel sind, wie sie gespeichert waren.

# Genau hinsehen (ui/viewer/view_controls.py).
view = Ansicht
view-out = Verkleinern
    .hint = Verkleinern (Taste −)
view-in = Vergrößern
    .hint = Vergrößern, auch mit dem Rad oder zwei Fingern (Taste +)
zoom-times = Wievielmal größer als die ganze Aufnahme
view-pixels = 1:1
    .hint = Ein Pixel der Aufnahme für eines des Bildschirms (Taste 1)
view-invert = Invertieren
    .hint = Dunkel und hell vertauschen (Taste I)
view-reset = Zurück
    .hint = Die ganze Aufnahme mit ihren eigenen Grauwerten (Taste R oder Doppelklick)
view-swipe = Wischen
    .hint = Eine Linie in jedem Feld: ziehen Sie daran, um ein anderes Feld an derselben Stelle aufzudecken (Taste S)
swipe-line = Linie in allen Feldern: links davon das Feld selbst, rechts davon ein anderes
swipe-beside = Rechts der Linie
swipe-none = Hier keine Linie: Diese Aufnahme hat eine andere Form als die übrigen ihrer Reihe.
greys = Grauwerte
greys-file = Aus der Datei
    .network = Das Netz liest das erste; Berichte, abgedeckte und verglichene Aufnahmen zeigen es. Die anderen sind zum Ansehen.
greys-level = Lage
greys-window = Fenster
film-alone = Nur Aufnahme
    .hint = Gedrückt halten, um die Aufnahmen ohne Karten zu sehen (Taste B)
enlarge = { $panel } vergrößern
view-help = Tasten
    .hint = Was Maus, Finger und Tasten tun (Taste ?)
gestures = Genau hinsehen: Maus, Finger und Tasten
    .linked = Alle Felder bewegen sich gemeinsam. Tasten wirken, solange Zeiger oder Tastatur bei den Aufnahmen sind.
    .close = Schließen
gesture-columns =
    .what = Um dies zu tun
    .mouse = Maus
    .touch = Finger
    .keys = Tasten
gesture-zoom = Vergrößern und verkleinern
    .mouse = Rad
    .touch = Zwei Finger
    .keys = + und −
gesture-move = Verschieben
    .mouse = Ziehen
    .touch = Ein Finger, wenn vergrößert
    .keys = Pfeile, wenn vergrößert
gesture-window = Heller, dunkler; mehr oder weniger Kontrast
    .mouse = Ziehen mit der rechten Taste oder mit Umschalt
    .touch = Regler unter „Grauwerte“
    .keys = Umschalt und Pfeile
gesture-invert = Dunkel und hell vertauschen
    .mouse = Knopf „Invertieren“
    .touch = Knopf „Invertieren“
    .keys = I
gesture-whole = Die ganze Aufnahme
    .mouse = Rad, bis zum Ende
    .touch = Zwei Finger, bis zum Ende
    .keys = 0
gesture-pixels = Ein Pixel der Aufnahme für eines des Bildschirms
    .mouse = Knopf „1:1“
    .touch = Knopf „1:1“
    .keys = 1
gesture-reset = Alles wie zuerst
    .mouse = Doppelklick
    .touch = Zweimal tippen
    .keys = R
gesture-bare = Die Aufnahmen ohne ihre Karten, solange gedrückt
    .mouse = Knopf „Nur Aufnahme“
    .touch = Knopf „Nur Aufnahme“
    .keys = B
gesture-swipe = Von einem Feld zum anderen wischen, auch zwischen zwei verglichenen Aufnahmen
    .mouse = Knopf „Wischen“, dann an der Linie ziehen
    .touch = Knopf „Wischen“, dann an der Linie ziehen
    .keys = S; Pfeile, sobald die Linie mit Tab gewählt ist
gesture-enlarge = Ein Feld auf dem ganzen Bildschirm, und zurück
    .mouse = Knopf neben seinem Namen
    .touch = Knopf neben seinem Namen
    .keys = F
gesture-draw = Eine Region zeichnen
    .mouse = Knopf „Rechteck“ oder „Umriss“, dann ziehen
    .touch = Knopf „Rechteck“ oder „Umriss“, dann ziehen
    .keys = Die Eingabetaste auf dem Knopf setzt eine in die Mitte
gesture-region = Eine Region verschieben
    .mouse = Ziehen
    .touch = Ziehen
    .keys = Pfeile, sobald ihre Nummer mit Tab gewählt ist
gesture-region-size = Eine Region vergrößern oder verkleinern
    .mouse = An einer Ecke ziehen
    .touch = An einer Ecke ziehen
    .keys = Umschalt und Pfeile, sobald gewählt
gesture-region-remove = Eine Region entfernen; die letzte Änderung zurücknehmen
    .mouse = Knopf „×“ in der Liste; Knopf „Rückgängig“
    .touch = Knopf „×“ in der Liste; Knopf „Rückgängig“
    .keys = Entf, sobald gewählt; Strg und Z
gesture-help = Dieses Blatt
    .mouse = Knopf „Tasten“
    .touch = Knopf „Tasten“
    .keys = ?

methods = Methoden
    .choose = Unter { $methods } Erklärungen wählen
    .hint =
        Nur was gewählt ist, wird berechnet: für den Befund, den Sie ansehen, dann für die anderen; Ihre Wahl bleibt.
method-leave-out = { $name } weglassen
method-not-available = { $method } · nicht verfügbar
method-long = { $method } · lang
method-takes = { $method } · { $duration }
map-held =
    .question = Wartet auf Ihre Antwort auf die Frage oben.
    .refused = Keine Karte: Diese Datei wurde nicht gelesen.
not-available = Für dieses Netz nicht verfügbar.
    .why = Für dieses Netz nicht verfügbar: { $reason }
    .methods = Für dieses Netz nicht verfügbar: { $methods }
computing = { $method } wird berechnet …
computing-share = { $method } wird berechnet … { $share }

maps-of-members =
    Jede Karte ist das Mittel der Karten der { $members } Mitglieder, { $rule ->
        [weighted] gewichtet wie ihre Wahrscheinlichkeiten
       *[other] alle gleich gewichtet
    }{ $calibrated ->
        [yes] , und geteilt durch die Temperatur des Mitglieds
       *[no] {""}
    }.
logit-is =
    { $of ->
        [calibrated] das mittlere kalibrierte Logit der Mitglieder
        [members] das mittlere Logit der Mitglieder
        [contrast] das Logit, abzüglich des Mittels der Logits aller Befunde,
       *[network] das Logit
    } ist { $logit }
sums-title = Was diese Karte ergibt
why-none = Warum
logit-gloss = Das Logit ist der Wert des Netzes, bevor er zur Wahrscheinlichkeit wird.
sums =
    Ergibt in der Summe { $total }, ohne Vorzeichen { $absolute }; { logit-is }{ $share ->
        [none] {""}
       *[other] , wovon die Summe { $share } ist
    }. Der Rest, { $rest }, ist nicht in der Karte.
# Einer Karte, deren Summe weit vom Logit entfernt ist.
held-opposite =
    Ihre Summe, { $total }, hat das entgegengesetzte Vorzeichen des Logits, { $logit }: Lesen Sie sie nicht als Gründe
    für den Wert.
held-little =
    Enthält nur { $share } des Logits: Das meiste ist anderswo.
held-much =
    Ergibt { $share } des Logits: Der Rest wiegt viel davon auf.
# Was LRP anders tut, als Netz und Regeln geschrieben stehen.
choices-title = Wie diese Karte das Netz liest
choice-order =
    Ein Mittel über Blöcke steht vor der 1×1-Faltung, der es im Netz folgt: Zusammen sind sie ein linearer Schritt.
choice-biases =
    Die Biaswerte von Faltungen bleiben außen vor, wo Relevanz verteilt wird, sodass sie nichts davon behalten.
choice-norms = Eine Batch- oder Layer-Norm, die keine Faltung aufnimmt, reicht ihre Relevanz unverändert weiter.
choice-depthwise =
    Kanalweise Faltungen folgen z-plus ohne Biaswerte und verteilen gleichmäßig, was eine Einheit erreicht, für die keine
    Eingabe spricht.
choices-undo = „python -m cxr_demo explain --as-written“ macht die Karte ohne dies.
rule-for-relu =
    Diese Regel wurde für ReLU-Netze gemacht (Montavon et al. 2019, Abschnitt 10.2.1), und dieses hat { $activations }:
    Dort werden LRP (epsilon) und LRP (gamma, box) empfohlen.
sums-not =
    { $of ->
        [calibrated] Das mittlere kalibrierte Logit der Mitglieder
        [members] Das mittlere Logit der Mitglieder
        [contrast] Das Logit, abzüglich des Mittels der Logits aller Befunde,
       *[network] Das Logit
    } ist { $logit }; die Werte dieser Karte ergeben es nicht.
cell-size = Eine Zelle ist etwa { $width } × { $height } px der Aufnahme groß.
empty-map = Diese Karte zeigt nichts, was für { $finding } oder dagegen spricht.
    .zero = Diese Karte ist überall 0.
empty-map-positive = Diese Karte zeigt nichts, was für { $finding } spricht.
    .zero = Diese Karte ist nirgends über 0.
empty-map-called =
    Diese Karte zeigt nichts, was für { $finding } spricht, obwohl das Netz den Befund erhebt: Verlassen Sie sich hier
    nicht auf diese Karte.
empty-map-little = Zu wenig zum Zeigen: { $why }.

# Die Textalternative einer Karte.
map-of = { $method } für { $finding }, { $where }
map-hidden = Aufnahme ohne die Karte von { $method } für { $finding }, die aus ist
place = { $column }, { $row }
row-upper = oberes Drittel
row-middle = mittleres Drittel
row-lower = unteres Drittel
column-left = im Bild links
column-centre = Mitte
column-right = im Bild rechts
place-strongest = stärkste positive Region: { $place } ({ $share } der positiven Evidenz)
place-none = keine positive Region


# Die Karte eines Befunds gegen die der anderen (comparison/label_contrast.py).
contrast = Gegen die anderen
    .hint = Was für diesen Befund mehr spricht als für die anderen
    .meaning =
        Orange spricht mehr für { $finding } als für die anderen Befunde des Netzes, Blau mehr für die anderen. Was für
        alle gleich spricht, fällt weg.
    .how = Wie eine Karte gegen die anderen Befunde entsteht
    .made =
        Die Karte von { $finding } minus das Mittel der Karten aller Befunde, gewichtet mit ihren
        Wahrscheinlichkeiten{ $task ->
        [each] , die durch ihre Summe geteilt sind
       *[shared] {""}
    }: Karte − Σ p × Karte, über alle Befunde (Gu et al. 2018, contrastive backpropagation). Gleich gewichtet ergeben die
        Karten aller Befunde zusammen null. Je wahrscheinlicher ein Befund ist, desto kleiner sind seine Zahlen.
contrast-of = { $finding }, gegen die anderen
contrast-caption =
    Zeigt nicht, was für alle Befunde gleich spricht, und keine Umrisse: Eine Zelle deckt einen großen Teil der Lunge ab.
contrast-none =
    Kein { $method } gegen die anderen Befunde: Diese Methode ist nicht linear, ihre Karten lassen sich also nicht
    voneinander abziehen.

# Die Karten einer Methode zu verschiedenen Befunden (label_text.py).
label-likeness = Von welchem Befund spricht eine Karte?
    .table = Alle Befunde nebeneinander
    .caption = { $method }: Übereinstimmung der Karten zweier Befunde
    .finding = Befund
    .slow = { $method }: nicht verglichen, da eine Karte jedes Befunds lange dauern würde.
    .how =
        Wie zwischen Methoden: Die Aufnahme wird in 16 × 16 Felder geteilt, und die Rangkorrelation der Summen darin
        sagt, ob die Karten zweier Befunde die Orte gleich ordnen: 1 gleich, 0 gar nicht, −1 entgegengesetzt. Ab
        { $shared }, gleich mit welchem Vorzeichen, sehen zwei Karten für das Auge gleich aus und heißen hier eine Karte.
label-likeness-contrast = Von welchem Befund spricht eine Karte gegen die anderen?
shared-all =
    { $method }: Alle { $labels } Befunde teilen eine Karte{ $turned ->
        [yes] , bei einigen mit vertauschtem „für“ und „gegen“
       *[no] {""}
    }. Was sie zeigt, spricht von keinem allein.
shared-some =
    { $method }: { $names } teilen eine Karte{ $turned ->
        [yes] , bei einigen mit vertauschtem „für“ und „gegen“
       *[no] {""}
    }. Was sie zeigt, spricht von keinem allein.
shared-opposite =
    { $method }: Die Karten von { $names } sind entgegengesetzt: Was für den einen spricht, spricht gegen den anderen.
shared-none = { $method }: Keine zwei Befunde teilen eine Karte.
shared-not = { $method }: Kein anderer Befund hat diese Karte.
most-alike = Die Karte von { $finding } gleicht am meisten der von { $other } (Übereinstimmung { $rank }).
most-opposite =
    Die Karte von { $finding } kommt dem Gegenteil der von { $other } am nächsten (Übereinstimmung { $rank }).

agreement = Wie weit die Karten übereinstimmen
    .maps = Karten
    .rank = Übereinstimmung (1 gleich, 0 zufällig, −1 entgegengesetzt)
    .overlap = Überlappung der stärksten 10 % (zufällig)
    .overlap-5 = von 5 %
    .overlap-20 = von 20 %
    .silent = Nichts, was dafür spricht, ist in: { $maps }. Diese Zahl bestätigt nichts.
    .measured = Wie das gemessen wird
    .how =
        Die Aufnahme wird in 16 × 16 Felder geteilt, und die Werte jeder Karte werden in jedem Feld zusammengezählt.
        Übereinstimmung ist Spearmans Rangkorrelation dieser Summen: ob die Felder in derselben Ordnung stehen. Die
        Überlappung ist die der Felder mit der meisten Evidenz für den Befund. Klammern und Marke sind, was der Zufall
        ergibt: die erste Karte neben { $nulls } Karten, die so glatt sind wie die zweite und von der Aufnahme nichts
        wissen. p ist, wie oft diese ebenso gut übereinstimmten; das kleinste p, das sie geben können, ist { $smallest }.
    .chance = { $share }, { $p }
    .with = und
    .says-not = { $rank } { $overlap }
and = { $first } und { $last }

facts = Über dieses Netz
fact-name = Name auf der Befehlszeile
fact-question = Frage
fact-people = Menschen
fact-summary = Was es ist
fact-data = Trainiert an
fact-data-licence = Lizenz der Daten
fact-data-source = Quelle der Daten
fact-limits = Bekannte Grenzen
fact-recipe = Rezept
fact-start = Ausgegangen von
fact-day = Trainiert am
fact-import = Einfuhr
fact-missing = Nicht bekannt
fact-licence = Lizenz des Netzes
fact-ensemble = Ensemble
geometry-stretch = auf das Quadrat gezogen
geometry-letterbox = mit Rand aufgefüllt
geometry-crop = mittig zugeschnitten
fact-calibration = Kalibrierung
fact-temperature = Temperatur { $temperature }
fact-none = keine
fact-maps = Erklärungen
fact-sha256 = SHA-256 der Gewichte
fact-sha256-ensemble = SHA-256 von Gewichten, Regel und Mitgliedern
proof-pending =
    Die Karten dieses Netzes werden noch geprüft; eine Karte, die Sie verlangen, wartet darauf.
none-ready = Es gibt kein Netz, das eine Aufnahme auswerten könnte.
not-usable = Nicht zu gebrauchen
member-name = Name
member-network = Netz
member-weight = Gewicht
member-temperature = Temperatur
member-sha256 = SHA-256 seiner Gewichte
metrics = Was diese Zahlen bedeuten
    .meaning =
        AUROC ist die Wahrscheinlichkeit, dass eine Aufnahme mit dem Befund einen höheren Wert bekommt als eine ohne: 0,5
        ist geraten, 1 heißt immer. AUPRC ist die Fläche unter der Kurve aus Präzision und Sensitivität; Raten ergibt
        den Anteil der Aufnahmen, die den Befund haben. F1 fasst Präzision und Sensitivität in eine Zahl, MCC ist die
        Korrelation von Antwort und Wahrheit. ECE ist, wie weit die Wahrscheinlichkeiten im Mittel danebenliegen. Makro
        ist das Mittel über alle Befunde.
set-validation = Validierungsaufnahmen
set-test = Testaufnahmen
set-external = Aufnahmen anderer Krankenhäuser
test-set = Gemessen an: { $name } (95-%-Intervall in Klammern)
    .by-finding = Gemessen an: { $name } (95-%-Intervall in Klammern), nach Befunden
# Von Zahlen, die Antworten ohne einen Blick auf die Lunge auf denselben Aufnahmen erreichen.
floor = { $figure }, { $name }
    .beaten = { $value }; das Netz liegt { $difference } darüber
    .not-beaten = { $value }; das Netz liegt nicht sicher darüber: { $difference }
floor-majority = immer die häufigste Klasse
floor-view = allein nach der Projektion (AP oder PA)
floor-shuffled = die eigenen Antworten des Netzes, ausgelost

# Der Rundgang des ersten Besuchs (ui/app/tour.py).
tour = Ein kurzer Rundgang
    .count = { $step } von { $steps }
    .skip = Überspringen
    .back = Zurück
    .next = Weiter
    .end = Fertig
    .again = Rundgang zeigen
tour-film = Beginnen Sie mit einer Aufnahme
    .text =
        Wählen Sie eine Thoraxaufnahme, ziehen oder fügen Sie sie ein, oder nehmen Sie eine künstliche. Sie
        verlässt den Server, sobald Sie sie entfernen oder die Seite schließen, und { $minutes } min nach Gebrauch.
tour-findings = Lesen Sie die Befunde
    .text = Das Netz sagt, wie wahrscheinlich jeder Befund ist und wie oft es recht hatte. Drücken Sie auf einen, um seine Karten zu sehen.
tour-maps = Vergleichen Sie die Karten
    .text = Jede Methode zeigt auf ihre Art, was den Wert bewegt hat. Wo sie sich widersprechen, glauben Sie zunächst keiner.
tour-look = Genau hinsehen, verdecken und fragen
    .text =
        Vergrößern Sie, ändern Sie die Grauwerte, oder zeichnen Sie eine Region: Weiter unten können Sie sie verdecken und das
        Netz noch einmal fragen. Alle Tasten stehen hinter „Tasten“.
tour-home = Nehmen Sie es mit
    .text = Ein Bericht, Bilder und Zahlen von dem, was zu sehen ist, und ein Link zu diesen Einstellungen ohne die Aufnahme.

# Ein Link, der mit denselben Einstellungen beginnt (ui/app/link.js).
link = Link kopieren
    .what = Er stellt Netz, Befund, Methoden und Darstellung wieder her, ohne die Aufnahme, ihren Namen und Ihre Regionen.
    .address = Adresse dieser Einstellungen
    .copied = Kopiert.
    .by-hand = Kopieren Sie sie aus dem Feld.
link-network = das Netz { $name }
link-finding = der Befund { $name }
link-method = die Methode { $name }
link-missing = Dieser Link verlangt, was es hier nicht gibt: { $what }.
    .unnamed = Dieser Link verlangt etwas, das es hier nicht gibt.
    .hint = Alles Übrige ist eingestellt, wie er sagt.
link-empty = Dieser Link enthält keine Einstellungen, die diese Seite kennt.

# Ein „?“ neben jedem, und was docs/glossary.md auf Englisch auch sagt.
term-sheet =
    .ask = Was heißt das: { $term }?
    .close = Schließen
term-probability = Wahrscheinlichkeit
    .meaning =
        Für wie wahrscheinlich das Netz den Befund hält, berichtigt an Aufnahmen, an denen es nicht gelernt hat: Von 100
        Aufnahmen mit 30 % haben ihn etwa 30. Wo das nicht geschah, ist die Zahl ein unkalibrierter Wert, der Aufnahmen nur
        ordnet.
term-threshold = Schwelle
    .meaning =
        Ab dieser Wahrscheinlichkeit gilt ein Befund als vorhanden. Sie wurde an eigens zurückgelegten Aufnahmen gewählt.
        Wenn Sie sie verschieben, richtet sich das Wort am Befund nach Ihnen; welche Karten zunächst aus sind, richtet sich
        weiter nach der des Netzes.
term-logit = Logit
    .meaning =
        Der rohe Wert des Netzes für einen Befund, bevor er zur Wahrscheinlichkeit wird: 0 ist unentschieden, und mit jedem
        Punkt mehr stehen die Chancen 2,7-mal so hoch.
term-cam = Klassenaktivierungskarte
    .meaning =
        Grad-CAM und seine Verwandten gewichten die Muster der letzten Schicht des Netzes: Sie zeigen, welche groben Bereiche
        für den Befund sprechen.
term-score-cam = Score-CAM
    .meaning = Es verdunkelt die Aufnahme außerhalb eines Musters nach dem anderen und zeigt die Muster, die den Wert halten.
term-lrp = LRP
    .meaning =
        Layer-wise Relevance Propagation gibt den Wert Schicht für Schicht durch das Netz zurück, bis jedes Pixel seinen Anteil
        hat: Orange spricht für den Befund, Blau dagegen. Ein gleichmäßiges Raster feiner Punkte kommt von Schichten, die je
        zwei Pixel weiterrücken, nicht von der Aufnahme.
term-gradient = Gradient
    .meaning = Er zeigt, an welchen Pixeln der Wert hängt: wo er sich sofort änderte, wäre die Aufnahme etwas heller.
term-occlusion = Verdeckung
    .meaning = Sie verbirgt einen Teil der Aufnahme nach dem anderen und zeigt, um wie viel der Wert fällt oder steigt.
term-contrast = Gegen die anderen
    .meaning =
        Was für diesen Befund mehr spricht als für die anderen Befunde des Netzes. Was für alle gleich spricht, bleibt weg.
term-cells = Zellen
    .meaning = Die Felder der letzten Schicht des Netzes. Eine Klassenaktivierungskarte hat für jedes einen Wert; dazwischen ist das Bild geglättet.
term-scale = Skala
    .meaning =
        Welcher Wert einer Karte welche Farbe bekommt. Relativ: Jede Karte hat eigene Farben, die Orte zeigen, nicht Stärke.
        Absolut: Karten einer Einheit teilen ihre Farben, sodass sich auch die Stärke vergleichen lässt.
term-window = Lage und Fenster
    .meaning =
        Welche Grauwerte der Aufnahme von Schwarz bis Weiß gespreizt werden: Die Lage ist ihre Mitte, das Fenster, wie viele
        es sind. Ein enges Fenster zeigt feine Unterschiede. Die Antwort des Netzes bleibt gleich.
term-cannot-tell = Nicht erkennbar
    .meaning =
        Auf Testaufnahmen erkannte das Netz diesen Befund nicht besser als durch Raten, oder nicht sicher besser: Das
        Intervall seiner AUROC reicht bis 0,5. Seine Zahl für diesen Befund besagt nichts.
term-agreement = Übereinstimmung
    .meaning =
        Wie weit zwei Karten eines Befunds die Teile der Aufnahme gleich ordnen und wie weit sich ihre stärksten Stellen
        decken. Zwei Karten können übereinstimmen und beide falsch sein.
term-lungs = Anteil in der Lunge
    .meaning =
        Wie viel der Evidenz einer Karte für den Befund in der Lunge liegt, neben dem, was gleichmäßig verteilte Evidenz dort
        hätte. Viel Evidenz außerhalb ist eine Warnung vor dem Netz.
term-deletion = Löschen
    .meaning = Die Aufnahme wird dort unscharf, wo die Karte am stärksten ist. Fällt der Wert stärker als bei anderen ebenso glatten Karten, so ist die Karte dem Netz treu.
term-insertion = Einfügen
    .meaning = Eine unscharfe Aufnahme wird dort scharf, wo die Karte am stärksten ist. Kehrt der Wert früher zurück als bei anderen ebenso glatten Karten, so ist die Karte dem Netz treu.
term-randomisation = Auswürfeln
    .meaning =
        Die gelernten Gewichte des Netzes werden durch zufällige ersetzt. Eine Karte, die sich dabei kaum ändert, kann nicht
        von Gelerntem abhängen.
term-noise = Stabilität bei Rauschen
    .meaning = Rauschen, zu schwach, um es zu sehen, kommt zur Aufnahme. Eine Karte, die sich stark ändert, sagt wenig über diese Aufnahme.
term-shift = Stabilität bei Verschiebung
    .meaning = Die Aufnahme wird um einige Pixel verschoben. Eine gute Karte wandert mit und bleibt sonst gleich.
term-auroc = AUROC
    .meaning = Wie oft das Netz einer Aufnahme mit dem Befund mehr gibt als einer ohne ihn: 1 ist immer, 0,5 ist geraten.
term-ensemble = Ensemble
    .meaning = Mehrere Netze, die als eines antworten: Was sie sagen, wird mit festen Gewichten vereint.

## Die Aufnahmen einer Seite als Tabelle (films_table.py)

table = Befunde aller Aufnahmen
    .caption = { $network }: Wahrscheinlichkeit jedes Befunds; fett, wo das Netz sagt, dass er da ist
table-open = Befunde aller { $films } Aufnahmen als Tabelle
table-close = Tabelle schließen
table-csv = Als CSV herunterladen
    .names = Die Datei nimmt die Namen mit: Sie lässt sich herunterladen, sobald Sie nachgesehen haben.
    .looked = Ich habe nachgesehen: Kein Dateiname in dieser Tabelle sagt, wer ein Patient ist.
table-film = Aufnahme
table-gate = Art des Bildes
table-usual = frontale Thoraxaufnahme
table-accepted = nachgefragt, trotzdem gezeigt
table-synthetic = künstliche Aufnahme
table-progress = { $done } von { $films } Aufnahmen sind fertig …

## Two checkpoints, members (pair_text.py)

compare = Vergleichen mit
    .hint =
        Eine andere Aufnahme, ein anderes Netz auf dieser Aufnahme oder die Mitglieder eines Ensembles: derselbe Befund,
        dieselbe Skala, der Unterschied.
    .nothing = nichts
    .members = seinen Mitgliedern
pair = { $finding }: zwei Netze
    .this = das Netz oben
    .other = damit verglichen
    .off =
        Die Karten sind zunächst aus: Die Karte dessen, was ein Netz nicht findet oder nicht erkennen kann, führt leicht
        in die Irre.
    .show = Trotzdem zeigen: Keines der Netze sagt, dass er da ist
    .show-members = Trotzdem zeigen: Das Netz sagt nicht, dass er da ist
    .says-not = Ein Unterschied sagt nicht, welches der beiden recht hat.
    .read = Wie diese Karten zu lesen sind
    .how =
        Blau und Orange sind Evidenz gegen und für den Befund, auch wo die Felder oben nur zeigen, was für ihn spricht.
        Beide Karten liegen auf einem Raster der Aufnahme, dem gröberen, beschnitten auf das, was beide Netze sehen, und
        die Evidenz ist auf die Fläche der Aufnahme bezogen, denn verschieden große Zellen enthalten verschieden viel.
        Logit-Punkte sind durch die Temperatur jedes Netzes geteilt, wo beide eine haben. Alle drei Karten haben eine
        Skala, voll ab dem größten ihrer 99,5. Perzentile: Ein blasser Unterschied ist ein kleiner.
pair-preparing = Geprüft wird, was die Karten von { $name } wert sind …
pair-asking = { $name } sieht sich die Aufnahme an …
pair-computing = { $method } von { $name } wird berechnet …
pair-computing-share = { $method } von { $name } wird berechnet … { $share }
pair-slow = Auch { $method } des anderen Netzes berechnen: { $duration }
pair-unavailable = Für { $name } nicht verfügbar: { $reason }.
pair-unknown = { $other } kennt { $finding } nicht. Beide kennen: { $known }.
pair-nothing-common = { $other } kennt { $finding } nicht. Die beiden Netze haben keinen Befund gemeinsam.
pair-empty = Keines der Netze gibt in { $method } Evidenz dafür oder dagegen: Es gibt nichts zu vergleichen.
pair-figures = In Zahlen
pair-rank = Übereinstimmung (Rangkorrelation)
pair-overlap = Überlappung der stärksten 10 %
pair-scale = { $unit }; eine Skala für { $maps } Karten
pair-logit = Das { $kind ->
        [calibrated] kalibrierte Logit
       *[plain] Logit
    } ist { $logit }.
pair-sums = Ergibt { $total }. { pair-logit }
pair-sums-outside =
    Ergibt { $total }; { $outside } liegt in der Auffüllung oder jenseits dessen, was beide sehen. { pair-logit }
pair-map-of = { $method } für { $finding }, { $whose }: { $where }
pair-map-hidden = Aufnahme ohne die Karte von { $method } für { $finding }, { $whose }, die aus ist
difference = Unterschied
    .subtracted = das zweite minus das erste
    .colours = Orange: mehr für den Befund in { $other }. Blau: mehr in { $this }.
    .none = Kein Unterschied: { $why }. Jede Karte hat ihre eigene Skala.
    .sum = Der Unterschied ergibt { $sum }.
    .where =
        Am meisten unterscheiden sie sich in { $place } ({ $share } des Unterschieds), wo { $more } mehr für den Befund
        hat.
    .nowhere = Die beiden Karten sind überall gleich.
film-pair = { $finding }: zwei Aufnahmen
    .this = die Aufnahme oben
    .other = damit verglichen
    .choose = Aufnahme: { $name }
    .compare = Mit { $name } vergleichen
    .compare-short = Vergleichen
    .show = Trotzdem zeigen: Das Netz sagt von keiner der Aufnahmen, dass er da ist
    .says-not =
        Ein Unterschied zweier Aufnahmen sagt nicht, dass sich ein Mensch verändert hat, und eine gute Deckung nicht,
        dass beide von demselben Menschen sind.
    .how =
        Blau und Orange sind Evidenz gegen und für den Befund. Das Netz wurde auch nach jeder Aufnahme gefragt, wie sie
        um 1 und 2 % ihrer Seite verschoben und mit unsichtbar schwachem Rauschen aussieht, zusammen { $squares }-mal.
        Die Klammern halten die mittleren 95 % der Unterschiede aller dieser Antworten: Wo sie 0 enthalten, sind die
        Aufnahmen nicht zu unterscheiden. Für den Unterschied der Karten wird die andere Aufnahme verschoben, gedreht
        und vergrößert, bis sie über der oberen liegt.
    .laying = Das Netz wird mit kleinen Verschiebungen und Rauschen gefragt, { $name } über diese Aufnahme gelegt …
    .gone = Die verglichene Aufnahme ist nicht mehr da.
film-pair-ways =
    .swap = Aufnahmen tauschen
    .swap-hint = Die linke Aufnahme kommt nach oben, die andere wird mit ihr verglichen.
    .end = Nicht mehr vergleichen
    .end-hint = Die obere Aufnahme bleibt.
film-pair-changes = Was sich geändert hat
    .finding = Befund
    .difference = Unterschied in Prozentpunkten
    .told = Zu unterscheiden?
film-pair-change = { $difference } ({ $low } bis { $high })
film-pair-same = nicht zu unterscheiden
film-pair-higher = höher auf { $film }
film-pair-lower = niedriger auf { $film }
film-pair-unlike =
    Kein Unterschied: Die Aufnahmen decken sich nicht, ihre Grauwerte sind zu unähnlich. Vergleichen Sie mit dem Auge.
film-pair-lungs =
    Kein Unterschied: Die Lungen beider Aufnahmen decken sich nicht. Vergleichen Sie mit dem Auge.
film-pair-moved =
    Kein Unterschied: Eine Aufnahme ist gegen die andere zu sehr gedreht oder vergrößert. Vergleichen Sie mit dem Auge.
film-pair-unit =
    Kein Unterschied: Werte dieser Methode sind nur innerhalb einer Karte vergleichbar. Jede Karte hat ihre eigene Skala.
film-pair-scale = { $unit }
film-pair-slow = Auch { $method } der anderen Aufnahme berechnen: { $duration }
film-pair-empty = Auf keiner der Aufnahmen gibt es in { $method } Evidenz dafür oder dagegen: nichts zu vergleichen.
film-pair-question = Zu { $name } gibt es eine Rückfrage, oder die Datei war nicht zu lesen: Wählen Sie die Aufnahme zuerst in der Liste.
members-title = { $finding }: { $members } Mitglieder
    .says-not =
        Eine kleine Streuung sagt nicht, dass die Mitglieder recht haben: Sie lernten an denselben Aufnahmen.
    .how =
        Die Karten der Mitglieder liegen auf dem feinsten Raster unter ihnen; das Mittel ist die Karte oben. Die Streuung
        ist die Wurzel aus dem gewichteten Mittel der quadrierten Abstände vom Mittel, in derselben Einheit; unter jedem
        Mitglied steht, was es über das Mittel hinaus sagt. Alle haben eine Skala, voll ab dem größten der 99,5.
        Perzentile des Mittels und der Mitglieder.
    .joined =
        Dieses Netz liest die Merkmalskarten aller Mitglieder zusammen: Es gibt eine Karte für alle, und die Mitglieder
        haben keine eigenen.
    .empty = Weder das Mittel noch ein Mitglied enthält Evidenz dafür oder dagegen.
mean = Mittel
    .of = die Karte oben
spread = Streuung
    .of = Standardabweichung
    .none =
        Keine Streuung: Werte dieser Methode lassen sich nur innerhalb einer Karte vergleichen. Jede Karte hat ihre
        eigene Skala.
    .where = Am meisten unterscheiden sie sich in { $place } ({ $share } der Streuung).
    .nowhere = Die Mitglieder unterscheiden sich nicht.
    .unsure = Auf { $share } der Karte ist die Streuung größer als das Mittel.
member-minus-mean = Minus das Mittel
    .of = { $name } minus das Mittel
member-weighs = Gewicht { $weight }. Übereinstimmung mit dem Mittel (Rangkorrelation) { $rank }.

film-synthetic = künstlich
film-size = { $kind }, { $width } × { $height } px

# Warum zwei Karten nicht voneinander abgezogen werden können (comparison/checkpoint_pair.py).
pair-why-labels = jede Karte steht gegen die anderen Befunde ihres eigenen Netzes, und das sind verschiedene
pair-why-task =
    das eine Netz verteilt 100 % auf seine Befunde, das andere beurteilt jeden für sich: Ihre Logits sind nicht von einer
    Art
pair-why-calibration = die eine Karte ist die kalibrierter Logits, und das andere Netz wurde nie kalibriert
pair-shared-part =
    Wo die Befunde Klassen sind, von denen genau eine zutrifft, machen nur die Abstände zwischen den Logits eines Netzes
    seine Wahrscheinlichkeiten aus: Evidenz, die es allen Klassen gleich gibt, ändert keine davon und steht doch in diesen
    Karten.

# Warum zwei Karten keine Rangkorrelation oder keine stärksten Orte gemeinsam haben (evaluation/agreement.py).
unranked-numbers = { $map ->
    [this] die erste Karte
    [other] die zweite Karte
   *[named] { $map }
    } enthält Werte, die keine Zahlen sind
unranked-flat = { $map ->
    [this] die erste Karte
    [other] die zweite Karte
   *[named] { $map }
    } ist überall gleich
unranked-evidence = { $map ->
    [this] die erste Karte
    [other] die zweite Karte
   *[named] { $map }
    } enthält nirgends mehr Evidenz für den Befund als gegen ihn

## Evaluation (evaluation_text.py)

evaluation = Güte dieser Erklärungen
    .map = Karte

regions = Wo die Evidenz liegt
    .measured = Wie das gemessen wird
    .how =
        Der Anteil der Evidenz jeder Karte für den Befund, der in einer Region liegt; in Klammern und als Marke, was
        gleichmäßig verteilte Evidenz dort hätte. Ränder sind die äußeren { $border }, Ecken { $corner } von Höhe und
        Breite. Dice sagt, wie weit zwei Umrisse sich decken: 1 ganz, 0 gar nicht.
    .warning =
        Evidenz außerhalb der Lunge, an einem Rand oder in einer Ecke ist eine Warnung vor dem Netz, nicht vor der Karte.
region-lungs = in der Lunge (geschätzt)
region-outside = außerhalb der Lunge
region-borders = an den Rändern
region-corners = in den Ecken
region-own = in Region { $number }
region-named = in { $name }
region-share = { $share } der Evidenz
region-no-evidence = keine Evidenz
region-area = { $share } der Aufnahme
lungs-absent = Hier lässt sich kein Umriss der Lunge bestimmen, daher ist sie nicht eigens genannt.
lungs-not-found = Auf dieser Aufnahme wurde keine Lunge gefunden, daher ist sie nicht eigens genannt.
lungs-quality =
    Der Umriss der Lunge ist die Schätzung eines kleinen Netzes: Dice { $dice } auf Aufnahmen, die es nicht gesehen
    hatte.

region = Eigene Regionen: Zeichnen Sie sie auf ein Feld, oder geben Sie eine in % der Aufnahme an
    .left = links
    .top = oben
    .width = Breite
    .height = Höhe
    .add = Hinzufügen
    .change = Die gewählte ändern
    .no-numbers = Geben Sie links, oben, Breite und Höhe als Zahlen von 0 bis 100 an.
    .no-shape = Das ist keine Region: vier Zahlen, oder ein Umriss aus mindestens drei Punkten.
    .too-many = Es ist Platz für { $most } Regionen. Entfernen Sie zuerst eine.
regions-draw = Regionen
    .box = Rechteck
    .box-hint =
        Ziehen Sie ein Rechteck über ein Feld. Mit der Tastatur: Die Eingabetaste setzt eines in die Mitte. Escape beendet.
    .outline = Umriss
    .outline-hint =
        Umfahren Sie etwas auf einem Feld. Mit der Tastatur: Die Eingabetaste setzt ein Oval in die Mitte. Escape beendet.
    .undo = Rückgängig
    .undo-hint = Die letzte Änderung an einer Region oder Abdeckung zurücknehmen (Strg und Z)
regions-own = Ihre Regionen
    .number = Region
    .area = der Aufnahme
    .remove = Region { $number } entfernen
    .cover = Region { $number } verdecken, wenn gefragt wird
    .cover-head = Verdecken
region-name = Region { $number }: Pfeile verschieben sie, Umschalt und Pfeile ändern die Größe, Entf entfernt sie
cover = Verdecken und noch einmal fragen
    .hint =
        Was wäre, wenn dieser Schatten nicht da wäre? Die Regionen werden verdeckt und das Netz noch einmal gefragt;
        drücken Sie wieder, um sie aufzudecken.
    .none-chosen = Kreuzen Sie eine Region an, die verdeckt werden soll.
    .asking = Das Netz sieht sich die verdeckte Aufnahme an …
    .picture = Die Aufnahme mit verdeckten Regionen, wie das Netz sie vorgelegt bekam
    .not-the-film = Verdeckt: nicht die Aufnahme
    .says-not =
        Kein Netz wurde an verdeckten Aufnahmen trainiert, und was verdeckt, kann wie ein Befund aussehen: Eine Änderung
        weckt einen Verdacht, und zwei Arten, die übereinstimmen, wecken ihn stärker.
    .before = Die Aufnahme
    .after = Verdeckt
    .change = Änderung
    .off = Aufdecken
covered-change = { $finding }: { $before } → { $after }
covered-most = Am meisten geändert: { covered-change }.
covered-above = { $finding } liegt jetzt über der Schwelle.
    .short = jetzt über der Schwelle
covered-below = { $finding } liegt jetzt unter der Schwelle.
    .short = jetzt unter der Schwelle
cover-mirror = mit der gespiegelten anderen Seite
cover-blur = mit Unschärfe
cover-grey = mit Grau
cover-keep = alles außer den Regionen
score-points = { $points } { $count ->
        [one] Punkt
       *[other] Punkte
    }

# Was an Karten gemessen wird, nach dem Schlüssel (evaluation/checks.py).
trial-rank = Rangkorrelation
    .says = Ob zwei Karten die Teile des Bildes gleich ordnen, vom meisten gegen bis zum meisten für den Befund.
    .says-not = Zwei Karten können übereinstimmen und beide falsch sein.
trial-overlap = Überlappung der stärksten Flächen
    .says = Wie weit sich die stärksten 5, 10 oder 20 % des Bildes in zwei Karten überlappen.
    .says-not = Zeigt nicht, wie stark diese Flächen sind, und nicht, ob eine der Karten stimmt.
trial-where = Wo die Evidenz liegt
    .says =
        Welcher Anteil der Evidenz für den Befund in einer Region liegt, neben dem Anteil der Region am Bild.
    .says-not = Evidenz außerhalb der Lunge ist eine Warnung vor dem Netz, nicht vor der Karte.
trial-deletion = Löschen
    .says = Wie weit der Wert fällt, wenn das Bild dort unscharf wird, wo die Karte am stärksten ist.
    .says-not =
        Das Netz sah nie halb unscharfe Bilder, also lässt jede Karte den Wert fallen: Vergleichen Sie mit den ebenso
        glatten Karten.
trial-insertion = Einfügen
    .says =
        Wie viel des Werts zurückkehrt, wenn ein unscharfes Bild dort wieder scharf wird, wo die Karte am stärksten ist.
    .says-not = Ein scharfer Teil kann dem Netz genügen, und dann wird der Rest der Karte nicht geprüft.
trial-randomisation = Auswürfeln
    .says = Wie ähnlich die Karte bleibt, wenn die gelernten Gewichte des Netzes durch zufällige ersetzt werden.
    .says-not =
        Eine Karte, die sich ändert, kann immer noch falsch sein; eine, die es nicht tut, kann nicht von Gelerntem
        abhängen.
trial-noise = Stabilität bei Rauschen
    .says = Wie weit sich die Karte ändert, wenn zu schwaches Rauschen, um es zu sehen, zum Bild kommt.
    .says-not =
        Wo sich die Antwort des Netzes ändert, sollte es die Karte auch; eine Karte, die sich nie ändert, ist stabil und
        nutzlos.
trial-shift = Stabilität bei Verschiebung
    .says =
        Wie weit sich die Karte ändert, vom Mitwandern abgesehen, wenn das Bild um einige Pixel verschoben wird.
    .says-not =
        Eine grobe Karte kann einer Verschiebung, die kleiner ist als ihre Zellen, nicht folgen und wird hier dafür
        bestraft.

check = Diese Karten prüfen
    .rest = Den Rest prüfen
    .hint =
        Fragt das Netz noch einmal, mit unscharfen Teilen der Aufnahme, mit zufälligen Gewichten, mit Rauschen und einer
        Verschiebung.
    .slow = Auch Rauschen, Verschiebung und zufällige Gewichte von { $methods }
    .stop = Anhalten
    .stopped = Angehalten. Was bis dahin gefunden wurde, bleibt.
    .stopped-at-once = Angehalten, bevor etwas gefunden wurde.
    .waiting = Beginnt gleich; wartet, während andere ihre Karten prüfen
    .running = Prüfung läuft
    .left = noch { $duration }
    .done = Geprüft. Die Ergebnisse bleiben bei dieser Aufnahme und diesem Befund.
check-part-faithfulness = Löschen und Einfügen
check-part-stability = Rauschen und Verschiebung
check-part-randomisation = Zufällige Gewichte
check-step = { $part }: { $methods }

checks = Was das Netz antwortet, wenn man es noch einmal fragt
    .meanings = Was jede Zahl sagt, woher sie kommt, und was sie nicht sagt
    .drawings = Was die kleinen Zeichnungen zeigen
    .legend =
        Kurven: das Logit, während die Aufnahme in der Reihenfolge der Karte unscharf oder wieder scharf wird (Linie);
        gestrichelt: nach den ersten { $share } der Aufnahme von ihrer Mitte aus. Danach wird die ganze Aufnahme zu
        { $haze } unscharf, ganz unscharf die { $tested }, in denen die Karte am stärksten ist, und scharf die
        { $tested }, in denen sie am schwächsten ist, beim Einfügen umgekehrt; ebenso nach { $nulls } Karten, die ebenso
        glatt sind und nichts wissen, nach weniger, wo { $enough } bald so gut sind wie die Karte. p ist, wie oft eine
        Karte, die nichts weiß, ebenso gut wäre; das kleinste p, das { $nulls } Karten geben können, ist { $smallest }.
        Eine Karte, die nicht besser ist als die Mitte der Aufnahme, sagt wenig, gleich welches p. Stufen:
        Rangkorrelation mit der Karte des trainierten Netzes, von zufälligen Gewichten im letzten Block bis zu
        zufälligen Gewichten in allen; dünn: ohne Vorzeichen; gestrichelt: wo „ändert sich nicht“ beginnt.
higher-is-better = höher ist besser
lower-is-better = niedriger ist besser
measure-strongest = Änderung des Logits durch die stärksten { $share } der Aufnahme
measure-rank = verbleibende Übereinstimmung mit der Karte des trainierten Netzes
measure-change = Änderung der Karte
check-column = { $measure }: { $direction }
check-not-yet = nicht geprüft
check-failed = nicht berechnet ({ $reason })
p-value = p = { $p }
curve =
    { $check }: Das Logit geht von { $first } nach { $last }; durch die stärksten { $share } ändert es sich um { $change },
    { $p }
    .change = { $change } Logit-Punkte
    .p-smallest = { $p }, das kleinste mögliche mit { $nulls } ebenso glatten Karten
    .p-all = { $p }: { $good } von { $nulls } ebenso glatten Karten sind so gut
    .p-early = { $p }: { $good } der ersten { $asked } ebenso glatten Karten sind so gut
    .lead = gegen das Mittel ebenso glatter Karten: { $change }
    .middle-behind = Mitte der Aufnahme: { $change }, weniger als die Karte
    .middle-ahead = Mitte der Aufnahme: { $change }, so gut wie die Karte oder besser
randomisation =
    Übereinstimmung { $first } mit zufälligen Gewichten im letzten Block, { $last } mit solchen in allen Blöcken
    .unchanged = Ändert sich nicht
    .unchanged-why =
        Noch bei { $limit } oder mehr, wenn alle Gewichte zufällig sind: Sie kann nicht von Gelerntem sprechen.
    .blind-why = Bleibt bei zufälligen Gewichten im letzten Block: Sie handelt nicht von diesem Befund.
    .absolute = ohne Vorzeichen { $rank }
    .rank = Übereinstimmung (Rangkorrelation) { $rank }

## The report (export/report.py)

report-title = Eine Thoraxaufnahme und was ihre Befunde erklärt
report-made = Erstellt am { $moment } mit cxr-demo { $version }
report-verdict = Urteil
report-low = { $finding }: { $verdict }. Die Karte eines solchen Werts führt leicht in die Irre.
report-held = { $why } Die Karten waren auf der Seite aus und fehlen hier.
report-no-maps = Es war keine Karte gewählt.
report-opacity =
    Karten liegen mit höchstens { $opacity } Deckkraft über der Aufnahme; wo eine Karte null ist, bleibt sie unverändert.
report-window =
    Die Aufnahme ist im Fenster „{ $window }“ ihrer Datei gezeichnet; das Netz liest ein anderes.
report-greys = Grauwerte wie eingestellt: Schwarz bei { $low } des Bereichs der Aufnahme, Weiß bei { $high }{ $inverted ->
    [yes] , dann invertiert
   *[no] {""}
    }.
report-quality = Wie gut dieses Netz jeden Befund erkennt
report-measured = Gemessen an Testaufnahmen
report-unchecked =
    Die Karten wurden nicht geprüft: Wie weit man ihnen auf dieser Aufnahme trauen kann, ist hier nicht bekannt.
report-gate-synthetic = Nicht gefragt: Dies ist eine künstliche Aufnahme.
report-gate-usual = Nichts sprach dagegen.
report-covered = Noch einmal gefragt, teils verdeckt, { $how } (gezeichnete Regionen: { $regions }): Das war nicht die Aufnahme.
report-prior = Verglichen mit { $film }
report-prior-film = Die Aufnahme, mit der verglichen wird
report-prior-how =
    „Aufnahme oben“ ist die dieses Berichts. Das Netz wurde auch nach jeder Aufnahme gefragt, wie sie um 1 und 2 % ihrer
    Seite verschoben und mit unsichtbar schwachem Rauschen aussieht, zusammen { $squares }-mal. Die Klammern halten die
    mittleren 95 % der Unterschiede aller dieser Antworten: Wo sie 0 enthalten, sind die Aufnahmen nicht zu
    unterscheiden.
report-film-sha256 = SHA-256 der Datei der Aufnahme
report-versions = Versionen
report-version = { $name } { $version }
report-page = Seite { $page } von { $pages }
report-look =
    Der Bericht zeigt die Aufnahme und nennt ihre Datei: Sehen Sie nach, ob eines davon sagt, wer der Patient ist, bevor
    Sie ihn weitergeben.
report-folder = { $path } ist ein Ordner.
    .hint = Geben Sie mit --out den Namen einer Datei an, etwa report.pdf.
report-exists = { $path } ist schon da.
    .hint = Geben Sie mit --out einen anderen Namen an, oder ersetzen Sie die Datei mit --overwrite.
report-again-other = { $path } ist von einer anderen Aufnahme oder von einem anderen Netz.
    .hint = Geben Sie die Aufnahme an und mit --weights das Netz, die darin genannt sind.
report-again-prior = { $path } vergleicht die Aufnahme mit einer anderen, die --prior nicht nennt.
    .hint = Geben Sie --prior die Datei, deren SHA-256 mit { $sha256 } beginnt.
report-again-alone = Mit --again ist alles, wie das Manifest es sagt: { $options } würde es ändern.
    .hint = Lassen Sie eines von beiden weg.
again-not-read = { $path } lässt sich nicht lesen: { $reason }.
    .hint = Geben Sie mit --again die manifest.json eines ZIP an, aus Mitnehmen oder von report --out DATEI.zip.
again-no-manifest = { $path } ist kein Manifest eines Berichts.
    .hint = Geben Sie mit --again die manifest.json eines ZIP an, aus Mitnehmen oder von report --out DATEI.zip.
report-unwritten = Die Datei lässt sich nicht schreiben: { $reason }.
    .hint = Geben Sie mit --out einen anderen Namen an, oder ersetzen Sie die Datei mit --overwrite.

# Auf der Seite (ui/export/take_home.py).
take-home = Mitnehmen
    .what =
        Eine Datei von dem, was jetzt zu sehen ist, auch mit Skala, Deckkraft und Grauwerten. Sie entsteht im
        Arbeitsspeicher dieses Servers und verschwindet mit der Aufnahme.
    .looked = Ich habe nachgesehen: Weder die Aufnahme noch ihr Dateiname sagt, wer der Patient ist.
    .looked-both =
        Ich habe nachgesehen: Weder die beiden Aufnahmen noch die Namen ihrer Dateien sagen, wer der Patient ist.
    .why = Setzen Sie zuerst diesen Haken: Was darunter steht, entsteht, sobald Sie nachgesehen haben.
    .report = Bericht (PDF)
    .bundle = Alles (ZIP)
    .picture = Bild mit Farbskala:
    .making = Die Datei entsteht: { $share }
    .ready = ({ $megabytes } MB)
    .none = Ist eine Aufnahme ausgewertet, lassen sich ein Bericht und Bilder von ihr mitnehmen.
take-home-gone = Diese Karte wird nicht mehr gezeigt.

## The page of the static edition (export/static/page)

browser-unexpected = Hier ist etwas schiefgegangen: { $what }
browser-megabytes = { $number } MB
browser-stays = Die Aufnahme bleibt auf diesem Gerät: Nichts wird hochgeladen.
browser-synthetic-note = Künstlich: von einem Programm gezeichnet, keine Aufnahme eines Menschen.
browser-network = { $title } · noch { $size } zu laden
browser-loading = { $name } wird geladen …
browser-gate = Ihre erste eigene Aufnahme lädt noch { $size }, um zu prüfen, ob sie den Thorax zeigt.
browser-asking-gate = Es wird geprüft, ob das eine Thoraxaufnahme von vorn ist …
browser-stop = Anhalten
browser-stopped = Angehalten.
browser-go-on = Weiter
browser-methods-hint = Nur was gewählt ist, wird berechnet, hier in Ihrem Browser.
browser-foreign =
    Dieses Netz wurde nur für synthetische Aufnahmen gemacht: Was es zur Aufnahme eines Menschen sagt, bedeutet nichts.
    .title = Welches Netz?
browser-try-again = Noch einmal versuchen
browser-exam-back = Diese Aufnahme kommt wieder: Ihre erste Antwort darauf war nicht richtig.
browser-drawn =
    Diese Aufnahme hat ein Programm gezeichnet, und das Netz hat an Aufnahmen von Menschen gelernt: Was es dazu sagt, bedeutet nichts.
browser-compare-hint =
    Eine andere Aufnahme, angesehen vom selben Netz: derselbe Befund, dieselbe Skala. Zwei Aufnahmen, die auf einmal kommen, stehen nebeneinander.
browser-pair-question = { $name } ist fraglich oder war nicht zu lesen: Tauschen Sie die beiden Aufnahmen, um zu sehen, warum.
browser-pair-chance = Ob eine kleine Verschiebung der Aufnahme oder Rauschen ebenso viel ändern würde, wird hier nicht gefragt.
browser-asking = Das Netz wird gefragt.
browser-agreement-how =
    Die Aufnahme wird in 16 × 16 Felder geteilt, und die Werte jeder Karte werden in jedem Feld zusammengezählt. Die
    Übereinstimmung ist Spearmans Rangkorrelation dieser Summen: ob die Felder dieselbe Reihenfolge haben. 1 heißt
    dieselbe, 0 keine gemeinsame, −1 die umgekehrte.
browser-kept = Alles außer den anderen Netzen ist auf diesem Gerät aufbewahrt: Die Seite geht auch ohne Verbindung.
browser-print = Bericht drucken
    .hint = Aufnahme, Karten und Zahlen, wie sie jetzt zu sehen sind; Ihr Browser kann sie auch als PDF speichern.
browser-report =
    { $film }, angesehen von { $network } (Gewichte { $sha256 }), statische Ausgabe { $version }. Entstanden am { $day } im
    Browser der Person, die das druckt.
fact-edition = Diese Ausgabe
