# What a person reads, in English. https://projectfluent.org/fluent/guide says how such a file is written; here a line
# break within a message is a space. Another language is a copy of this file under its code, with the same names and
# values: tests/text/test_catalogue.py compares them.

## Numbers (formats.py)

percent = { $number } %
undefined = not defined
interval = { $value } ({ $low } to { $high })
duration-minutes = about { $minutes } min
duration-seconds = about { $seconds } s

## What a host has set (ui/app/host_settings.py)

setting-wrong = { $name }={ $given }: { $why }
setting-unknown = { $name }: there is no such setting. The nearest is { $nearest }; docs/hosting.md has them all.
setting-number = a whole number from { $least } to { $most } is needed.
setting-choice = it must be one of { $choices }.
setting-folder = there is no such folder.
setting-no-deck = there is no deck.toml in { $folder } or in a folder of it.
setting-address = that is no address of this machine, such as 127.0.0.1 or 0.0.0.0.
setting-host = "{ $host }" is no name of a host, such as page.example.org or *.example.org.
setting-origin = "{ $origin }" is no origin of a page, such as https://moodle.example.org, without a path.
setting-path = that is no path, such as /xray.
setting-login-file = there is no such file of names and hashed passwords.
setting-login-line = line { $line } is no "name:hash" as `htpasswd -B` writes it.
setting-login-twice = line { $line } has a name that an earlier line has.
setting-login-empty = the file names nobody.
setting-network = CXR_NETWORK={ $name }: there is no such network. There are: { $known }
login-asked = Ask whoever runs this page for a name and a password.

## What programs are told (ui/app/endpoints.py)

program-network = There is no such network here. There are: { $known }
program-no-films = This page takes no films of programs: ask about a synthetic one, such as { $synthetic }.
    .hint = Whoever runs it may allow films with CXR_FILM_ENDPOINTS=on.
program-many = One answer holds at most { $most } maps: ask for fewer labels or methods.
program-no-address = This page fetches nothing from other addresses.
program-many-methods = This takes at most { $most } methods: ask for fewer.
program-regions = A region is x, y, width and height in shares of the image, and there are at most { $most }.
program-long = This took more than { $minutes } minutes and was ended: ask for fewer methods. `python -m cxr_demo evaluate` takes its time.
program-slow = Too slow for a program's question: { $methods }. `python -m cxr_demo explain` makes such maps.
program-unexpected = Something went wrong here (reference { $reference }).

## Uploads that are not taken (upload_text.py)

host-unknown =
    This page does not answer under the name { $host }. Whoever runs it may give that name in CXR_HOSTS.
upload-too-large = A file may have at most { $megabytes } MB: export a single, smaller image.
upload-too-many = At most { $files } files can be uploaded at once: choose fewer.
upload-yours-waiting = Your earlier uploads are still waiting to be read: try again in a minute.
upload-others-waiting = Too many uploads are waiting to be read: try again in a minute.
upload-disk-full = The server has no room for this file at the moment: try again in a few minutes.
queue-full = More people are waiting than this page can serve at once: it asks again by itself.
upload-damaged = This upload was damaged on its way: try again.
upload-gone = This upload is no longer here.
    .hint = Upload the file again.

## Networks to choose from (checkpoint_text.py)

checkpoint-choice = { $title } ({ $quality })
quality-auroc = AUROC { $figure }
quality-accuracy = accuracy { $figure }
quality-elsewhere = { $quality }, at other hospitals { $elsewhere }
quality-not-measured = not measured

## Findings (findings_text.py)

verdict-above = above threshold
verdict-below = below threshold
verdict-most-probable = most probable
verdict-less-probable = less probable
verdict-cannot-tell = this network cannot tell
verdict-no-threshold = no threshold

maps-off-below =
    Maps are off at first: the score is below its threshold, and a map of a low score misleads easily.
maps-off-less-probable =
    Maps are off at first: another finding is more probable, and a map of a low score misleads easily.
maps-off-cannot-tell =
    Maps are off at first: this network cannot tell this finding, and a map of a score that says nothing misleads
    easily.
show-anyway-cannot-tell = Show anyway: { verdict-cannot-tell }

sorted-by-probability = { $calibrated ->
    [yes] Sorted by probability. Exactly one is the answer: the most probable.
   *[other] Sorted by score. Exactly one is the answer: the one with the highest.
    }
sorted-without-threshold = Sorted by { $calibrated ->
    [yes] probability
   *[other] score
    }, as no threshold applies{ sorted-untold }.
sorted-by-share =
    Sorted by how far each is above its threshold{ $without ->
        [yes] , then those without one
       *[other] {""}
    }{ sorted-untold }.
# The end of both.
sorted-untold = { $untold ->
    [yes] ; what this network cannot tell stands last
   *[other] {""}
    }

threshold = Threshold
threshold-above-own = above your threshold
threshold-below-own = below your threshold
threshold-cost = finds { $found } of 100 who have it; wrongly calls { $wrong } of 100 who do not have it
threshold-reset = Back to { $threshold }

figures = What these figures mean
figures-meaning =
    AUROC is the chance that a film with the finding gets a higher score than one without: 1 is always, 0.5 is
    guessing; brackets give its 95 % interval. All is measured on { $films ->
        [one] one test film
       *[other] { $films } test films
    }{ $patients ->
        [0] {""}
        [one] {" "}of one patient
       *[other] {" "}of { $patients } patients
    }.
figures-threshold =
    A threshold is where the two shares together are largest on other films, kept apart for that. The share found of
    those who have it is called sensitivity; the share below of those without it, specificity.

# Joined by semicolons.
auroc = AUROC { $figure }
auroc-of-films = AUROC { $figure } from { $positive ->
        [one] one film
       *[other] { $positive } films
    } with it and { $negative } without
auroc-guessing = { $guessing } is guessing
auroc-elsewhere = at other hospitals { $figure }
auroc-elsewhere-guessing = at other hospitals { $figure }, which may be guessing
auroc-not-measured = Not measured on test films.

rates = threshold { $threshold }: finds { $found } of those who have it, { $spared } of those without it are below
# What a score near the shown one was worth; joined by semicolons.
near = of { $films } test films with a value from { $low } to { $high }, { $positive } had it: { $share }
near-few = too few test films with a value from { $low } to { $high } ({ $films }) to say how often they had it
near-elsewhere = of { $films } such films of other hospitals, { $positive }: { $share }
near-elsewhere-few = too few such films of other hospitals ({ $films })
rates-no-threshold = no threshold: { $films } of the films kept apart { $films ->
        [one] has
       *[other] have
    } it
rates-not-measured = threshold { $threshold }: not measured
rates-of-answer = it is the answer on { $right } of such films and, wrongly, on { $wrong } of all others

## Scales of the maps (scales_text.py)

scale = Scale
    .colours = How the colours and numbers are scaled
scale-relative = Relative
    .short = Each map has colours of its own: compare places between maps, not strength.
    .meaning =
        Each map has its own scale, full from the 99.5th percentile of its values: compare colours within a panel,
        numbers between panels. Where a map is zero the film is untouched.
scale-absolute = Absolute
    .short = Maps of one unit share their colours: compare strength between them.
    .meaning =
        Maps of one unit have one scale, full from the largest of the 99.5th percentiles of those shown now: compare
        colours between their panels. Where they are more than thirtyfold apart, as rules of LRP are, the scale is
        logarithmic, so that the weakest is seen too. Relative maps keep their own. Where a map is zero the film is
        untouched.
scale-keep = Keep
    .hint = Keep this scale for other findings, networks and films
    .short = You keep the colours: compare strength between findings, networks and films.
    .meaning =
        You keep the scale: maps of its units have it whatever is shown. Compare their colours between findings,
        networks and films. Where a map is zero the film is untouched.

# Under a colour bar.
scale-own = { $unit }, own scale
scale-own-no-unit = { $unit }: no unit, own scale
scale-shared = { $unit }, { $maps ->
        [one] shared by one map
       *[other] shared by { $maps } maps
    }
scale-logarithmic = { $scale }, logarithmic
scale-kept = { $unit }, the scale you keep
scale-shared-alone = { $unit }, no other map of this unit
scale-shared-no-unit = { $unit }: no unit, shares no scale
scale-alone-full = { $scale }; alone full at { $limit }

## Findings, by the key of a card (labels.py)

finding-normal = Normal
    .gloss = None of the other findings of this list; says nothing about the rest.
finding-bacterial_pneumonia = Bacterial pneumonia
    .gloss = Often one dense, well-bounded opacity in a lobe.
finding-viral_pneumonia = Viral pneumonia
    .gloss = Often hazy, diffuse opacities on both sides.
finding-covid19 = COVID-19
    .gloss = Often hazy opacities on both sides, towards the edges and bases.
finding-no_finding = No finding
    .gloss = The report names none of the findings looked for; not the same as healthy.
finding-enlarged_cardiomediastinum = Enlarged cardiomediastinum
    .gloss = The shadow of the heart and the great vessels is wider than usual.
finding-lung_opacity = Lung opacity
    .gloss = A part of the lung is whiter than it should be, of whatever cause.
finding-lung_lesion = Lung lesion
    .gloss = A nodule, a mass or another circumscribed spot in the lung.
finding-fracture = Fracture
    .gloss = A broken bone, most often a rib.
finding-pleural_other = Other pleural finding
    .gloss = Something at the lung's lining that is neither fluid nor air.
finding-support_devices = Support devices
    .gloss = Tubes, lines, pacemakers and the like; not a disease.
finding-atelectasis = Atelectasis
    .gloss = A part of the lung has lost its air and volume.
finding-cardiomegaly = Cardiomegaly
    .gloss = The heart's shadow is wider than half the chest.
finding-effusion = Effusion
    .gloss = Fluid between the lung and the chest wall.
finding-infiltration = Infiltration
    .gloss = A hazy opacity in the lung, of whatever cause.
finding-mass = Mass
    .gloss = A round opacity wider than 3 cm.
finding-nodule = Nodule
    .gloss = A round opacity up to 3 cm wide.
finding-pneumonia = Pneumonia
    .gloss = Infection of the lung, of whatever cause.
finding-pneumothorax = Pneumothorax
    .gloss = Air between the lung and the chest wall.
finding-consolidation = Consolidation
    .gloss = Lung filled with fluid or cells instead of air.
finding-edema = Oedema
    .gloss = Fluid in the lung's tissue, often from the heart.
finding-emphysema = Emphysema
    .gloss = Lung tissue destroyed and over-filled with air.
finding-fibrosis = Fibrosis
    .gloss = Scarred lung tissue.
finding-pleural_thickening = Pleural thickening
    .gloss = A thickened lining of the lung.
finding-hernia = Hernia
    .gloss = Abdominal organs pushed into the chest.
label-of-its-own = A label of this network's own.

## The verdict sheet of an imported network (importing/verdict.py)

import-sheet = Verdict
import-sheet-network = { $name }: { $network }, { $labels ->
    [one] 1 label
   *[other] { $labels } labels
    }: { $names }
import-sheet-square = Reads: { $size } px, { $geometry }, { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
    }, mean { $mean }, std { $std } of pixels from 0 to 1
import-sheet-source = Source: { $source }; file { $file }, sha256 { $sha256 }
import-sheet-same = Same answers as { $network }: the largest difference of a logit is { $difference }
import-sheet-not-compared = Not compared with its source, which no library here builds
import-sheet-proof = Proof: { $line }
import-sheet-cells =
    Cells of class activation maps: { $down } px down, { $right } px right of cells that fill the { $size } px evenly, and
    drawn there
import-sheet-methods = Valid: { $methods }
import-sheet-refused = Not valid: { $methods }: { $reason }
import-sheet-done = Done: { $sentence }
import-sheet-missing = Missing: { $sentence }
import-sheet-licence = Licence: { $licence }
import-sheet-data = Learned from: { $data }
import-summary = Imported from { $source }.
import-caveat = It was made elsewhere, and nothing was measured of it here: its scores are not calibrated, and how often it
    is right on your images is not known.
import-caveat-calibrated = It was made elsewhere, from films of which this page knows what its source says. Its scores were
    calibrated here, on other films; whether it had seen some of them is not known.
import-labels-renamed = Labels were renamed: { $names }.
import-outputs-dropped = { $outputs ->
    [one] 1 output was dropped, as it was
   *[other] { $outputs } outputs were dropped, as they were
    } never trained.
import-missing-calibration = calibration; its probabilities are called uncalibrated scores.
import-missing-figures = figures on test films, so whether it can tell a finding is not known.
import-missing-comparison = a comparison with its source.
import-missing-labels = a finding of the house for { $labels }; each stands under its own name.
import-missing-licence = a licence; the source states none.
import-missing-data = the films that it learned from, and their terms.
import-missing-range = the range of its pixels. ImageNet's mean and deviation were taken; if it learned with others, its
    scores are wrong: state them with --mean and --std.
import-missing-size = the size of its square. { $size } px and { $geometry } were taken; state it with --size and --geometry.
import-missing-channel = the range of its one channel. The average of the three that are stated was taken; state it with
    --mean and --std.

## Networks that cannot be used (networks/)

# Next steps.
make-checkpoint = Make one with: python -m train run kermany-densenet121 --data DATA --out weights/NAME
copy-or-train = Copy it again, or train it anew.
copy-again = Copy or download it again.
choose-another-network = Name a convolutional network of timm or torchvision, resnet34 for example.

checkpoint-none = There is no checkpoint in { $folder }.
    .hint =
        Give --weights a folder or a Hugging Face Hub id, or set CXR_WEIGHTS to a folder of checkpoints.
        { make-checkpoint }
checkpoint-not-opened =
    { $name } could not be opened (ref { $reference }): what the log says under it belongs into a report of this fault.
checkpoint-unknown = There is no checkpoint named { $name }.
    .hint = { make-checkpoint }
checkpoint-other-weights = The weights of { $name } are not the ones its { $card } was written for.
    .hint = Copy both files again from the same place.
checkpoint-not-fetched = The checkpoint { $name } could not be fetched from the Hugging Face Hub ({ $kind }).
    .hint = Check the name and the network, or give a folder instead.
checkpoint-no-card = { $name } has no { $card }, so it is not a checkpoint.
    .hint = { make-checkpoint }
checkpoint-nested = The { $card } of { $name } is nested too deeply.
    .hint = { make-checkpoint }
checkpoint-card = The { $card } of { $name } cannot be used: { $why }.
    .hint = { make-checkpoint }
checkpoint-pickle = { $name } holds { $file }, a pickle, which is never opened because it can run code.
    .hint = Bring it in with: python -m cxr_demo import { $file } --out DIR
checkpoint-no-weights = { $name } has no { $file }.
    .hint = { make-checkpoint }
checkpoint-unreadable = The { $file } of { $name } cannot be read: { $why }.
    .hint = Check its rights.
small-card-unusable = The { $file } of { $name } cannot be used: { $why }.
    .hint = Make it with: python -m train { $recipe } --data DATA --out weights/{ $recipe }

weights-lfs = The weights of { $name } are a pointer of Git LFS.
    .hint = Fetch them with: git lfs pull
weights-broken = The weights of { $name } are broken or cut short.
    .hint = { copy-or-train }
weights-foreign =
    The weights of { $name } belong to another network: { $missing } tensors are missing and { $unknown } are unknown,
    { $example } among them.
    .hint = { copy-or-train }
weights-shape = The weights of { $name } do not fit its card: { $key } is { $shape }, the card asks for { $wanted }.
    .hint = { copy-or-train }
weights-kind = The weights of { $name } hold { $kind } values, in { $key }, which no network here has.
    .hint = { copy-or-train }
weights-not-numbers = The weights of { $name } hold values that are not numbers, in { $key }.
    .hint = { copy-or-train }
weights-variance = The weights of { $name } hold a variance below zero, in { $key }.
    .hint = { copy-or-train }

net-no-weights = { $name } has no layer with weights.
    .hint = { choose-another-network }
net-not-linear = { $name } ends in a { $kind } layer and not in a linear one, which the maps' sums are proved by.
    .hint = { choose-another-network }
net-no-logits = { $name } gives no list of logits, but { $shape } values.
    .hint = { choose-another-network }
net-sizes = { $name } takes squares of none of { $sizes } px.
    .hint = { choose-another-network }
net-size = { $name } takes no squares of { $size } px.
    .hint = Give the size that it was made for, which often stands in its name.
net-no-cells = { $name } is no convolutional network: its last layers give { $found }, not maps of cells.
    .hint = { choose-another-network }
net-tokens = a list of tokens
net-shape = values of the shape { $shape }
net-pooling-not-found = The global pooling of { $name } cannot be found in what it computes.
    .hint = { choose-another-network }
net-no-pooling = { $name } has no global pooling, whose input the class activation maps are.
    .hint = { choose-another-network }
net-pooling-no-maps = { $name } is no convolutional network: its pooling reads no maps.
    .hint = { choose-another-network }
backbone-source = '{ $source }' is not where networks come from; { $known } are
backbone-unknown = neither timm nor torchvision has a network '{ $name }'
backbone-nearest = neither timm nor torchvision has a network '{ $name }'; the nearest names are { $nearest }

# What is wrong with a card: each goes into "checkpoint-card".
square-geometry = geometry is '{ $geometry }'; it must be one of { $known }
square-size = size_px is { $size }; it must be a whole number of { $low } to { $high }
square-channels = mean and std must have one value per channel, of 1 or 3
square-numbers = mean and std must be numbers, std above 0
square-crop = crop_share is { $share }; it must be 1, or with geometry 'crop' from 0.5 to 1
card-points = its operating_points are not one list of 1 to { $most } numbers beside two as long
card-points-rise = its operating_points have thresholds that do not rise
card-points-range = its operating_points hold a number that is not from 0 to 1
card-reliability =
    its reliability is not two lists of counts, as long as there are steps between its edges
card-reliability-rise = its reliability has edges that do not rise from 0 to 1
card-reliability-counts = its reliability counts more films that have a finding than films
card-words-language = its label_words have a { $what } in '{ $language }', which is no code such as 'de'
card-words-long = its label_words have a { $what } that is not one line of 1 to { $longest } characters
card-texts-language = its texts are in '{ $language }', which is no code such as 'de'
card-words-unknown = its label_words name '{ $label }', which is none of its labels
card-member-name = one of its members has no name
card-rule = its rule is '{ $rule }'; it must be one of { $known }
card-members-few = it is an ensemble of fewer than two members
card-members-many = it is an ensemble of { $members } members; { $most } are the most
card-members-same = two of its members have the same name
card-weights = its weights are not one number from 0 to 1 for each member
card-weights-sum = its weights sum to { $sum }; they must sum to 1
card-weights-differ = its weights differ, which only the rule 'weighted' knows, not '{ $rule }'
card-format = its format is { $format }; this version reads format { $read }
card-ensemble-backbone = it is an ensemble and names a backbone or a head besides those of its members
card-task = its task is '{ $task }'; it must be one of { $known }
card-majority = its rule is 'majority', which needs films that have one label each, and its task is multi-label
card-label = its label '{ $label }' is not made of letters, digits, '_' and '-' alone
card-labels = its labels are empty or named twice
card-made-for = its made_for is '{ $made }'; it must be empty or '{ $known }'
card-ages = its ages are { $ages }; they must be two numbers of years, the lower one first
card-threshold-interval = its threshold_intervals for '{ $label }' are not two numbers from 0 to 1 of a threshold
card-threshold = its threshold for '{ $label }' is { $threshold }; it needs a known label and 0 to 1
card-kinds = its kinds are not those of this version
card-half-character = it holds half a character, which no text can have
card-no-object = it is not a JSON object
card-entry-missing = it has no entry '{ $entry }'
card-entry-unknown = it has an entry '{ $entry }', which is not known here
card-entry-text = its { $entry } is not a text
card-entry-list = its { $entry } is not a list
card-entry-object = its { $entry } is not a JSON object
card-entry-number = its { $entry }: { $found } stands where a number must be
card-entry-whole = its { $entry } is { $found }; it must be a whole number
card-entry-other = its { $entry }: { $found }
card-temperature = { $whose ->
        [member] its member's
       *[own] its
    } temperature is { $temperature }; it must be 0 or from 0.01 to 100
card-backbone = { $whose ->
        [member] its member's
       *[own] its
    } backbone '{ $backbone }' is not known here: { $why }
card-head = { $whose ->
        [member] its member's
       *[own] its
    } head is '{ $head }'; it must be one of { $known }

## Maps that are refused, and their proof (explain/)

# Why; each goes into "method-refused" and "proof-refused".
refusal-of-member = { $name }: { $reason }
refusal-parts = what the pooling reads, put through the head, does not give the network's logits
refusal-pooling-reads = the global pooling does not read the output of { $layer }
refusal-not-numbers = its map holds values that are not numbers
refusal-sum = its map does not sum to the logit minus the biases' part (error { $error })
refusal-copy = the rewritten network's logits differ by { $error }
refusal-identity = LRP-epsilon does not equal gradient x input (r={ $r }, distance { $distance })
refusal-rules = its map differs from zennit's by the same rules on the same layers ({ $error } of its size)
refusal-no-places = the network's global pooling reads what has no places
refusal-no-pooling = the network has no global pooling
refusal-depends = what the network does depends on the size of the film or on its values
refusal-not-followed = the network computes in a way that torch.fx cannot follow
refusal-no-gate = the network multiplies two values of which none is a gate
refusal-layer = the network holds { $kind } layers, for which no rule here is right
refusal-call = the network calls { $name } in a way for which no rule here is right
refusal-call-inside = the network calls { $name } in its { $owner } in a way for which no rule here is right
refusal-padding = the network holds { $kind } layers that pad in a way of their own
refusal-norms = the network holds batch norms without statistics of their own
refusal-divides = the network divides sums by a number of its own, for which no rule here is right
refusal-enlarges = the network enlarges maps by '{ $mode }', for which no rule here is right
refusal-pads = the network pads other than rows and columns, for which no rule here is right
refusal-pools = the network pools by '{ $kind }', for which no rule here is right
refusal-pools-grid = the network pools to a grid that is not square, for which no rule here is right

# A line of proof, joined by dots.
proof-refused = { $what } not available: { $why }
proof-cam = Grad-CAM ok (sum error { $error })
proof-cam-no-sum = Grad-CAM ok (the sum is not defined: its head reads more than the mean of the cells)
proof-lrp =
    LRP ok (r={ $r } against { $lines ->
        [yes] gradient x input, activations as lines
       *[no] gradient x input
    }, copy differs by { $copy }{ $rules ->
        [0] {""}
       *[other] ; { $rules } rule sets differ from zennit's by at most { $most }
    })
proof-curved = z-plus and alpha-beta were made for ReLU, not for its { $activations }

map-not-numbers = { $method } gave values that are not numbers for this image.
method-refused = { $method } is not available for this checkpoint: { $reason }.
methods-none-proved = None of the usual methods is proved here ({ $reasons }).
    .hint = Name others with --method.
label-unknown = There is no label '{ $label }' here; known: { $known }.
method-unknown = There is no method '{ $method }'; known: { $known }.
study-foreign = This analysis was made by { $made }, not by { $name } as it is loaded now.
    .hint = Analyse the image again.
check-no-map = There is no map to check.
contrast-not-checked =
    Maps against the other findings are not checked: the checks ask the network about one finding alone.
    .hint = Leave out --contrast or --checks.
contrast-one-label = { $network } knows one finding alone: there are no others to set its map against.
contrast-not-linear =
    There is no { $method } against the other labels: it is not linear, so its maps cannot be subtracted.
randomise-no-rule = The weights of { $kind } cannot be randomised: there is no rule for it.
region-outside-film = The region does not lie on the film.
    .hint = Give x, y, width and height as shares of the film: 0 to 1, width and height above 0.
region-no-pixel = The region holds no pixel of the film.
    .hint = Draw it larger.

## Networks that cannot be imported (importing/)

name-its-network = Name its network with --backbone.
export-state = Load it where it was made, and save model.state_dict() with safetensors.torch.save_file.
no-keras = TensorFlow's and Keras' networks cannot be imported.
earlier-state = Take an earlier state of it.

weights-unreadable = { $name } cannot be read: { $why }.
    .hint = Check its rights.
weights-empty = { $name } is empty.
    .hint = { copy-again }
weights-too-large = { $name } has more than { $gigabytes } GB.
    .hint = Give a file with the network's weights alone.
weights-unknown = { $name } is no weights file that is known here (it begins with { $beginning }).
    .hint = Give safetensors, or a .pt or .pth file of PyTorch.
weights-no-numbers = { $name } holds values that are not numbers, in { $key }.
    .hint = { earlier-state }
weights-no-variance = { $name } holds a variance below zero, in { $key }.
    .hint = { earlier-state }
weights-are-lfs = { $name } is a pointer of Git LFS, not the weights.
    .hint = Fetch them with: git lfs pull
weights-are-hdf5 = { $name } is an HDF5 file, as Keras writes.
    .hint = { no-keras }
weights-are-gzip = { $name } is a gzip archive.
    .hint = Unpack it, and give the file inside.
weights-are-7z = { $name } is a 7z archive.
    .hint = Unpack it, and give the file inside.
weights-are-bzip2 = { $name } is a bzip2 archive.
    .hint = Unpack it, and give the file inside.
weights-are-numpy = { $name } is an array of numpy.
    .hint = { export-state }
weights-are-page = { $name } is a page of the web, not the weights.
    .hint = Download the file itself; a login may be needed.
weights-are-onnx = { $name } is an ONNX file.
    .hint = Networks are imported from PyTorch's weights. { export-state }
weights-are-tensorflow = { $name } is a file of TensorFlow.
    .hint = { no-keras }
weights-are-broken = { $name } is broken or cut short.
    .hint = { copy-again }
weights-are-torchscript = { $name } is a program of TorchScript, which is code.
    .hint = { export-state }
weights-are-keras = { $name } is a network of Keras.
    .hint = { no-keras }
weights-are-zip = { $name } is a zip archive.
    .hint = Unpack it, and give the file or the folder inside.
index-broken = { $index } does not say where the weights are.
    .hint = { copy-again }
index-absent = { $index } names { $file }, which is not in the folder.
    .hint = { copy-again }
index-lost = { $index } names { $key }, which none of its files holds.
    .hint = { copy-again }
pickle-code = { $name } names { $detail }, which a pickle could run as code; it was not run.
    .hint = { export-state }
pickle-old = { $name } is a whole network in the format of PyTorch before 1.6, which holds code.
    .hint = { export-state }
pickle-no-tensors = { $name } holds no tensors of a network.
    .hint = { export-state }
pickle-broken = { $name } is broken or cut short ({ $detail }).
    .hint = { copy-again }
pickle-memory = { $name } asks for more memory than such a file needs.
    .hint = { export-state }
pickle-time = { $name } was not read within { $detail } seconds.
    .hint = { export-state }
pickle-note-network = The file holds a whole network; its tensors were taken, its code was not read.
pickle-note-averaged = The file also holds averaged weights ({ $names }), which were not taken.
pickle-note-left = Of the file only { $inside } was taken; left out: { $names }.

source-not-published = { $name } is no published network that is known here.
    .hint = Give a file, a folder, a Hub id (owner/name), or one of: { $known }.
source-unknown = There is no file, folder or network named { $name }.
    .hint = Give a file, a folder, a Hub id (owner/name), or one of: { $known }.
source-not-fetched = { $name } could not be fetched ({ $kind }).
    .hint =
        Download { $url } elsewhere, and import the file: it is known by its name, or by --published { $name }.
source-hub = { $name } could not be fetched from the Hugging Face Hub ({ $kind }).
    .hint =
        Check the name and the network, or download its config.json and model.safetensors elsewhere, and import the
        folder.
source-tensorflow = { $name } is a folder of TensorFlow.
    .hint = { no-keras }
source-several = { $name } holds several files of weights: { $files }.
    .hint = Give one of them.
source-no-weights = { $name } holds no weights.
    .hint = Its file is called { $file }, or ends with .pt or .pth.
config-broken = The { $file } of { $name } is broken.
    .hint = { copy-again }
config-unusable = The { $file } of { $name } cannot be used: { $why }.
    .hint = Mend it, or leave it out.
source-transformers = { $name } is a network of the transformers library.
    .hint = Networks of timm and torchvision can be imported.
source-own-head = { $name } is a checkpoint with a head or members that an import cannot bring.
    .hint = Use it as it is: --weights.
source-built-with = { $name } was built with { $argument }, which no card can say.
    .hint = Networks as timm builds them can be imported.

labels-no-text = { $file } is no text.
    .hint = Give --labels a file with a name on each line.
words-unreadable = { $file } cannot be read: { $why }.
    .hint = It holds, by label: { $example }.
words-none = { $file } holds no words for labels.
    .hint = It holds, by label: { $example }.
labels-same = Two outputs mean { $label }: '{ $first }' and '{ $second }'.
    .hint = Give one another name with --labels.
labels-none = None of its outputs has a label.
    .hint = Name them with --labels, in their order.
words-unknown = --words names '{ $label }', which is none of the labels.
    .hint = Write it as --labels does.

fit-backbone = Its network cannot be used: { $why }.
    .hint = { name-its-network }
fit-several = Its tensors fit several networks: { $networks }.
    .hint = { name-its-network }
fit-none = Its tensors are those of no network that is known here.
    .hint = { name-its-network }
fit-lacks = { $name } does not fit { $backbone }: it lacks { $key }{ $others ->
        [0] {""}
       *[other] {" "}and { $others } others
    }.
    .hint = { name-its-network }
fit-holds = { $name } does not fit { $backbone }: it holds, besides what it needs, { $key }{ $others ->
        [0] {""}
       *[other] {" "}and { $others } others
    }.
    .hint = { name-its-network }
fit-kind = { $name } holds { $kind } values, in { $key }.
    .hint = Save it as float32.
fit-channels = { $name } reads { $channels } channels.
    .hint = Networks of one channel or three can be imported.
fit-shape = { $name } does not fit: { $key } is { $shape }, the network's is { $wanted }.
    .hint = { name-its-network }
fit-output = The output layer { $layer } is not one linear layer with a bias.
    .hint = No other can be imported.
fit-other = The tensors are not those of { $backbone }.
    .hint = { name-its-network }
fit-no-output =
    The weights have no output layer ({ $layer }.weight): they are those of a backbone without a head.
    .hint = Train one on your own films first: python -m train run ... --backbone { $backbone }
fit-note-prefix = The names of its tensors began with { $prefix }, which was left out.
fit-note-left-out = Left out, as of no part of the network: { $names }.

import-no-labels = It has { $outputs } outputs, and what they mean stands nowhere in the file.
    .hint =
        Name them in their order: --labels NAME NAME ..., or --labels FILE with { $outputs } lines. - stands for an
        output that was never trained.
import-labels-count = It has { $outputs } outputs, and { $labels } labels are named.
    .hint = Name each output, in their order: --labels.
import-no-task = Whether its labels exclude each other stands nowhere in the file.
    .hint =
        State it: --task multi-label (a sigmoid each: several may be true of a film), or --task single-label (a
        softmax: one is).
import-channels = It reads { $channels } channels, and { $means } means and { $deviations } deviations are stated.
    .hint = Give --mean and --std one number, or one for each channel, of pixels from 0 to 1.
import-preprocess = Its preprocessing cannot be used: { $why }.
    .hint = See --size, --mean and --std.
import-no-numbers = { $name } answers a film with values that are not numbers.
    .hint = { earlier-state }
import-squeezenet =
    SqueezeNet cuts its logits off at 0, by a ReLU behind its last convolution, and a network without it answers
    otherwise: a logit differs by { $difference }.
    .hint = Train it here, where it has no such ReLU, or import another network.
import-differs = The network does not answer as { $source }: a logit differs by { $difference }.
    .hint = { name-its-network }
import-task = '{ $task }' is no task.
    .hint = Give --task, one of { $known }.
import-card = Its card cannot be written: { $why }.
import-not-written = The checkpoint cannot be written: { $why }.
    .hint = Give --out another folder.

## The command line (commands/, export/)

help =
    Exit 0 when all went well, 1 when `check` finds that a checkpoint cannot explain, 2 for input that cannot be used, or
    looks like no frontal chest film (`--anyway` goes on). Results go to stdout; errors, the file's notes and doubts
    about it go to stderr, a sentence each.
help-lang = language of what is said: en or de
help-predict = probabilities of each label on films
help-json = JSON instead of lines
help-films-given = films, folders of films, or @LIST
help-film-list = a file with a film in each line, or a .csv whose column `file` names them, beside the list
help-jsonl = a file that gets one JSON line for each film, as soon as it is done
help-table = beside --jsonl: the same as CSV, when all films are done
help-resume = go on with RECORDS: films that stand there are not asked again, but those that failed
help-batch = films that go through the network together; more may move a score in its seventh digit
help-explain = maps of films as arrays and pictures, of several in a folder for each
help-labels = labels to explain; the one that the page shows first if left out
help-methods = { $methods }; if left out, those that the page shows first
help-as-written = LRP without these choices ({ $choices }; all, if none is named): the network as it is written
help-compare = two checkpoints on one film, the members of an ensemble, or two films
help-two-weights = two folders or Hub ids; one, of an ensemble or with --prior
help-common-label = one that both know; of these the first on the first one's page if left out
help-page-methods = if left out, those of the page
help-evaluate = how good the maps of one label on films are; minutes for each
help-first-label = the one that the page shows first if left out
help-region = a box, in shares of the film (0 to 1, from its upper left corner): the evidence in it; one or more
help-weights = checkpoint folder or Hub id; if left out, the one that the page opens on
help-anyway = go on with what looks like no frontal chest film
help-mend = turn the film clockwise, invert it or exchange left and right first: { $mends }; one or more
help-report = what the page shows of one film, as a PDF to take home, or as a ZIP with pictures and arrays too
help-again = make again what the manifest.json of a ZIP describes: its maps, scales, greys, regions, language of --lang
help-prior = another film, of last month perhaps, which --mend leaves as it is: what changed of each finding
help-cover = the regions covered while the network is asked again: { $covers }
help-csv = CSV instead of lines, for a spreadsheet
help-checks = with what `evaluate` measures; minutes
help-overwrite-file = replace an earlier file
help-check = does a checkpoint prove its explanations? exit 1 if not
help-models = the checkpoints at hand
help-list-methods = the explanation methods
help-card-schema = the JSON schema of a checkpoint's config.json
help-out = folder for maps.npz, result.json and overlays
help-overwrite = replace an earlier result in --out
help-contrast = each label against the others: what speaks for it more than for them
help-import = a network from elsewhere becomes a checkpoint, with a verdict on it
help-source = a weights file, a folder of timm's, a Hub id, or a name of torchxrayvision's
help-new-checkpoint = folder of the new checkpoint
help-output-labels =
    of its outputs, in their order, or one file with a name on each line; - for one that was never trained
help-words = JSON file: names and glosses of labels, by language
help-backbone = its network, where neither the file nor its tensors say so
help-published = the file is this network of torchxrayvision's
help-task = multi-label or single-label
help-size = side of the square that it reads, in pixels
help-geometry = stretch, letterbox or crop
help-mean = of each channel, of pixels from 0 to 1
help-std = likewise
help-licence = of the weights, where the source names none
help-overwrite-checkpoint = replace an earlier checkpoint in --out
help-deck = films with what is true of them, for the exam
help-deck-new = a deck.toml for the films of a folder, with what is left to write
help-deck-handout = a PDF of a deck to hand out before a class, or its solutions
help-deck-pdf = the PDF file to write
help-deck-solutions = with what is true of each film
help-deck-out = copies of the films and the deck.toml go into this folder; if left out, the deck.toml into FOLDER
help-deck-title = of the deck; if left out, the name of FOLDER
help-deck-check = every mistake of a deck with its line, or what it holds
help-static = the edition without a server: networks and their maps as files for a browser
help-static-networks = the networks that it holds; if left out, all that are here
help-static-single = OUT is one HTML file that opens by a double click, with everything inside
help-static-golden = also films with what is computed of them, for tests, into this folder
help-static-overwrite = write over an earlier edition in OUT

compare-too-many = { $checkpoints } checkpoints were given.
    .hint = Give two, or one that is an ensemble, or one with --prior.
compare-no-members = { $name } has no members with maps of their own.
    .hint = Give two checkpoints, an ensemble of predictions, or another film with --prior.
compare-unknown = They do not both know '{ $label }'.
    .hint = Both know: { $known }.
compare-unknown-none = They do not both know '{ $label }'.
    .hint = They have no label in common.
compare-nothing-common = They have no label in common.
nothing-computed = Nothing was computed, for the reason above.
    .hint = Give --anyway to go on all the same.
films-none-given = There is no film.
    .hint = Name files, a folder of films, or a list with --films.
film-list-not-read = The list { $file } is missing or cannot be read.
film-list-no-text = The list { $file } is no text.
    .hint = Save it in UTF-8, with a film in each line, or as CSV.
film-list-no-column = { $file } has no column that names the films.
    .hint = Call it file. Its columns are: { $columns }.
film-list-no-name = { $file } names no film in line { $line }.
    .hint = Give every line a file.
batch-size = --batch takes 1 to { $most } films.
records-needed = Several processes, a table, and a run that goes on need a file of records.
    .hint = Give --jsonl RECORDS.jsonl.
records-no-folder = There is no folder { $folder }.
    .hint = Make it first, or give --jsonl another file.
records-earlier = { $file } holds records of an earlier run.
    .hint = Go on with it by --resume, or give --jsonl another file.
records-other-settings = { $file } holds records of another question: { $made }. Now it is { $asked }.
    .hint = Ask as before, or give --jsonl another file.
table-no-name = { $file } is no name of a table: it ends in .csv.
    .hint = Films stand before --table, or after its name.
table-earlier = There is a { $file } already.
    .hint = Give --table another file, or go on with its records by --resume.
records-unreadable = Line { $line } of { $file } is no record of this program.
    .hint = Give --jsonl another file.
launched-no-accelerate = Several processes were started, and the package accelerate is missing.
    .hint = Install it, or start one process.
models-none = There is no checkpoint in { $folder }. { make-checkpoint }
methods-cost = about { $forwards } forward passes a label
explain-done = { $folder }: { $maps } maps of { $findings }
out-earlier = { $folder } holds an earlier result: { $file }.
    .hint = Give --out another folder, or add --overwrite to replace it.
static-earlier = { $folder } holds an earlier edition.
    .hint = Name another folder, or add --overwrite to write over it.
static-foreign = { $folder } holds files that are no edition.
    .hint = Name a new folder.
static-extra = The edition without a server needs the packages onnx and onnxruntime.
    .hint = Install it with: pip install "cxr-demo[static]"
static-operation = The network computes with { $operation }, which has no counterpart in the edition without a server yet.
    .hint = Leave this network out with --networks, or add the operation to the table in cxr_demo/export/static/onnx_operations.py.
static-argument = The network calls { $operation } with { $argument } { $value }, which has no counterpart in the edition without a server yet.
    .hint = Leave this network out with --networks, or add it to the table in cxr_demo/export/static/onnx_operations.py.
static-weight = The weights file holds no tensor { $name } that a browser can read.
    .hint = Save the checkpoint again with float16 or float32 weights.
out-not-written = The results cannot be written: { $why }.
    .hint = Give --out another folder.

# What argparse says itself (arguments.py): its own English, and what it fills in as %(name)s.
parser-usage = usage:
parser-positional = positional arguments
parser-options = options
parser-help = show this help message and exit
parser-error = %(prog)s: error: %(message)s
parser-argument = argument %(argument_name)s: %(message)s
parser-required = the following arguments are required: %s
parser-unrecognized = unrecognized arguments: %s
parser-ambiguous = ambiguous option: %(option)s could match %(matches)s
parser-choice = invalid choice: %(value)r (choose from %(choices)s)
parser-command = unknown parser %(parser_name)r (choices: %(choices)s)
parser-value = invalid %(type)s value: %(value)r
parser-one = expected one argument
parser-at-most-one = expected at most one argument
parser-at-least-one = expected at least one argument
parser-number = expected %s argument
parser-numbers = expected %s arguments
parser-explicit = ignored explicit argument %r

# Lines of results (command_text.py).
line-contrast = against the other labels
line-sums = sum { $total }, absolute sum { $absolute }
line-logit = logit { $logit }
line-share = { $share } of the logit
line-likeness = likeness of the maps
line-rank = rank correlation { $rank }
line-ranks = rank correlation with the mean: { $ranks }
line-difference = difference in { $unit }
line-no-difference = no difference: { $why }
line-middle = { $change }, { $p } (middle { $middle })
line-unchanged = { $rank }, UNCHANGED
line-pair = { $first } and { $second }: { $rank } ({ $p }); in common { $overlaps }
line-overlap = { $common } of the strongest { $area } (by chance { $chance }, { $p })
line-meaning =
    Deletion and insertion: logit points by which the strongest { $share } of the film move the logit. Middle: the same
    share in the middle of the film. p: how often a map as smooth that knows nothing is so good, or agrees as much with
    the first of two; { $nulls } are asked, so it is at least { $smallest }.
line-randomisation = Randomisation: rank correlation with the map of a network with random weights.
line-stability = Noise, shift: largest change of the map relative to its size.
line-check = - { $check } ({ $paper }{ $direction ->
    [higher] ; higher is better
    [lower] ; lower is better
   *[neither] {""}
    }). { $says } { $limit }
line-evidence = { $method }: evidence { $shares }
line-region = { $region } { $share } (area { $area })
line-no-evidence = none
network-with-head = { $backbone }, head { $head }
network-ensemble = ensemble of { $members } ({ $rule })
explained-mean = the weighted mean of the members' logits, each divided by its temperature
explained-joined = the joined network's logit

## Methods, by their key (explain/methods.py, method_text.py)

# What a map does not show.
caption-grad-cam = Does not show evidence against the finding, nor its outline: one cell covers a large part of the lung.
caption-lrp-epsilon =
    Does not show regions: read it as a cloud of pixels, not as an outline. What the network's constants add is left
    out.
caption-lrp-epsilon-plus-flat = Does not show what holds the score down inside the network.
caption-grad-cam-plus-plus =
    Does not show evidence against the finding, and its values add up to nothing: only their order counts.
caption-hires-cam =
    Does not show more than Grad-CAM where the network averages over the whole film: there both are the same map.
caption-layer-cam = Does not show what speaks against the finding, not even where it outweighs what speaks for it.
caption-eigen-cam =
    Does not show this finding: it is the main pattern of the network's last layer, the same for every finding.
caption-score-cam =
    Does not show what the film alone does: it asks films that are greyed outside one pattern, which no network was
    trained on.
caption-lrp-epsilon-plus =
    Does not show what holds the score down inside the network, and prefers pixels far from mean grey.
caption-lrp-epsilon-alpha2-beta1 =
    Does not show how strong for and against are: that they stand 2 to 1 is the rule's choice, not the network's.
caption-lrp-epsilon-alpha2-beta1-flat =
    Does not show how strong for and against are, 2 to 1 by rule, nor which single pixels mattered.
caption-lrp-gamma-box = Does not show what the network's constants add, which keep their share in every layer.
caption-gradient =
    Does not show what made the score, only what would change it if a single pixel became a little brighter.
caption-gradient-x-input =
    Does not show regions, nor pixels of mean grey, which have 0 by definition, nor what the network's constants add.
caption-smooth-grad =
    Does not show this film alone, but the mean over films with a little noise: what would change the score, not what made it.
caption-integrated-gradients =
    Does not show what a grey film already scores: it shares out the difference between this film and a grey one.
caption-occlusion =
    Does not show findings wider than its blurred patch, nor what the network reads in two places at once.

# What a panel says before there is a map.
family-cam = Which regions speak for the finding, in coarse cells.
family-score-cam = Which patterns keep the score when the film is darkened outside them.
family-lrp = Which pixels carried the score: orange speaks for the finding, blue against it.
family-gradient = Which pixels the score hangs on: orange where more brightness raises it, blue where it lowers it.
family-occlusion = Which parts the score needs: orange where it falls when they are hidden, blue where it rises.

# Of one value of a map; too-little: of a map that holds less than the least that is shown.
unit-cell = logit points per cell
    .too-little = all its cells together hold less than { $floor } logit points
unit-pixel = logit points per pixel
    .too-little = all its pixels together hold less than { $floor } logit points
unit-slope = logit points per unit of input
    .unlike = a unit of input is another amount of brightness for each network
unit-hidden = logit points when hidden
    .too-little = hiding a part moves the logit by less than { $floor } points everywhere
    .unlike = the networks see the film in another shape, so other parts of it were hidden
unit-relative = relative
    .unlike = values of this method can be compared within one map alone
unit-film-share = logit points per 1 % of the film
unit-slope-film-share = logit points per unit of input and 1 % of the film
unit-calibrated = calibrated { $unit }

## Films to try (examples_text.py)

examples = Or synthetic:
    .label = Try a synthetic film
example = Synthetic: { $name }
example-normal = normal
    .gloss = A drawn film without a finding.
example-consolidation = consolidation
    .gloss = One patchy opacity, planted in a lung.
example-effusion = effusion
    .gloss = Fluid, planted at the base of a lung.
example-shortcut-marker = shortcut marker
    .gloss = No finding, but letters that a network may have learned instead of one.
example-note = Synthetic: drawn by this program, not a film of a person. Nothing was uploaded.

planted-show = Show what was planted
planted = Outlined: { $names }.
planted-cardiomegaly = planted cardiomegaly
planted-nodule = planted nodule
planted-mass = planted mass
planted-consolidation = planted consolidation
planted-effusion = planted effusion
planted-letters = letters

## Decks of films (teaching/)

deck-none = There is no { $file } in that folder.
    .hint = Make one: python -m cxr_demo deck new FOLDER
deck-too-large = { $file } is larger than { $kilobytes } KB.
deck-no-utf8 = { $file } cannot be read as text in UTF-8.
deck-mistake = { $file }, line { $line }: { $what }
deck-mistakes =
    { $file }, line { $line }: { $what } { $others ->
        [one] One more mistake was found.
       *[other] { $others } more mistakes were found.
    }
    .hint = See them all: python -m cxr_demo deck check FOLDER
deck-refused =
    { $mistakes ->
        [one] There is one mistake; without it the deck can be used.
       *[other] There are { $mistakes } mistakes; without them the deck can be used.
    }
deck-syntax = This is no TOML: { $why }.
deck-nested = It is nested too deeply.
deck-version = It is of version { $given }, and this program reads version { $version }.
deck-to-do = This is still to be written.
deck-no-text = Write a text that can be printed.
deck-unknown-key = '{ $key }' is no entry here. Did you mean: { $near }?
deck-unknown-label = '{ $label }' is no finding that is known. Did you mean: { $near }?
deck-not-planted = '{ $label }' cannot be in a synthetic film. These can: { $known }.
deck-language = '{ $language }' is no language of the page, which has: { $known }.
deck-language-missing = The title is in '{ $language }' too, and this text is not.
deck-missing = '{ $key }' is missing.
deck-too-long = The text has more than { $most } characters.
deck-too-many = '{ $key }' has more than { $most } entries.
deck-wrong-type = '{ $key }' takes { $takes }.
deck-takes-version = a whole number
deck-takes-text = a text in quotation marks
deck-takes-texts = a text for each language, as title.en = "..."
deck-takes-names = a list of names, as ["effusion", "mass"]
deck-takes-films = films, each below its own [[films]]
deck-takes-synthetic = a synthetic film, as {"{"} seed = 6, findings = ["effusion"], letters = "PORT" {"}"}
deck-takes-regions = regions, as [{"{"} label = "effusion", box = [0.1, 0.2, 0.3, 0.4] {"}"}]
deck-takes-seed = a whole number, 0 or more
deck-takes-letters = at most five capital letters or digits
deck-takes-box = x, y, width and height in shares of the film, as [0.1, 0.2, 0.3, 0.4]
deck-takes-box-px = x, y, width and height in pixels of the film, as [100, 200, 300, 400]
deck-no-films = There is no film in it. Each stands below its own [[films]].
deck-too-many-films = There are more than { $most } films.
deck-file-or-synthetic = A film has either a file or is synthetic: give one of the two.
deck-synthetic-truth = Leave '{ $key }' out: what a synthetic film shows is known from its 'findings'.
deck-truth-mixed = Each finding stands here once, and "no finding" alone.
deck-region-label = '{ $label }' has a region here and does not stand in 'truth'.
deck-one-box = A region has either 'box' or 'box_px': give one of the two.
deck-outside = The box leaves the film, or has no area: x, y, width and height are shares of it, from 0 to 1.
deck-outside-px = The box leaves the film, or has no area: the film has { $width } × { $height } pixels.
deck-twice = This is film { $number } once more.
deck-leaves-folder = '{ $name }' leads out of the folder of the deck. Put the film beside deck.toml.
deck-no-such-film = There is no film '{ $name }' in the folder. Did you mean: { $near }?
deck-no-folder = There is no folder '{ $name }'.
deck-earlier = There is a { $file } already.
    .hint = Change it by hand, or delete it first.
deck-folder-empty = There is no film in '{ $name }'.
deck-folder-full = There are { $films } films, more than the { $most } of a deck.
deck-film-there = '{ $name }' lies in --out already.
    .hint = Give --out a new folder.
deck-names-odd = Left out, since their names hold what cannot be printed, or more than 200 characters, or a \ or a colon: { $names }.
    .hint = Give these files other names.
deck-made =
    { $films ->
        [one] One film. Write what it shows in that file;
       *[other] { $films } films. Write what they show in that file;
    } `deck check` names what is left to do.
deck-left-out = No films, and left out: { $names }.
deck-look =
    Look before you pass the deck on: names may be burned into films, stand in DICOM files, or be the names of files. The
    program changes none of them.
deck-holds =
    { $title }: { $films ->
        [one] one film
       *[other] { $films } films
    }
deck-synthetic = synthetic, seed { $seed }
deck-needs = Networks: { $networks }
deck-comment-what = A deck for the exam. Every entry is explained in docs/decks.md.
deck-comment-to-do = `python -m cxr_demo deck check FOLDER` names each line that is left to do.
deck-comment-networks = names of networks that advise, as `models` lists them; may stay empty
deck-comment-choices = more findings to choose among; may stay empty
deck-comment-truth = findings, as ["effusion", "mass"]; or ["no finding"]
deck-comment-regions = where each finding is: x, y, width, height in shares of the film from its upper left corner
deck-to-do-intro = what a learner reads before the first film; it tells no answer
deck-to-do-licence = the licence, or who has allowed it
deck-to-do-source = where the film is from, without a name of a person
deck-to-do-look-for = what to look for; it is read after the own answer
deck-to-do-explanation = what the film shows and why, in two or three sentences

## Notebooks (explain/notebook_html.py)

notebook-sums = The values add up to { $total }; the logit is { $logit }.

## The exam (teaching/exam.py, exam_text.py, ui/lesson/exam_view.py)

exam-no-answer = That is no answer to this film.
    .hint = Each finding has a box on the film.
exam-kept = { $answers ->
    [0] Nothing was lost.
    [one] Your answer is kept.
   *[other] Your { $answers } answers are kept.
}
exam-go-on = Go on
exam-wait = The network is being asked. The first time its maps are checked, which takes up to a minute.
exam-boxes-stay = Your boxes stay as they are; what you name may change.
exam-choose-first = Choose first what it is.
exam-named = You name: { $names }.
exam-first-verdict = Your first answer: { $verdict }
exam-final-verdict = After the advice: { $verdict }
exam-missed-none = Not named.
exam-deck-silent = Without a threshold for these findings: { $names }. The deck goes without their advice.
exam-deck-same-name = Another deck lies in a folder of the same name and is shown instead of "{ $title }".
exam-map-scale = Full colour at { $limit } { $unit }
exam-no-state = These answers do not belong to this exam.
    .hint = Begin again.
lesson = Learn in an exam: what do you see, and whom do you believe?
exam-intro =
    Name what a film shows and draw where, before anything else is shown. Then a network gives its advice, and last come
    the truth, what to look for, and the maps. What you miss comes back.
exam-no-decks = There is no deck on this page.
exam-deck =
    { $films ->
        [one] One film
       *[other] { $films } films
    }, { $networks ->
        [0] without a network
        [one] and the advice of one network
       *[other] and the advice of { $networks } networks
    }
exam-deck-missing = Not on this page: { $names }. The deck goes without their advice.
exam-deck-refused = The deck { $name } cannot be used: { $why }
exam-begin = Begin
exam-begin-deck = Begin: { $title }
exam-film = Film { $number }
exam-seen = { $seen } of { $films } seen
exam-asked = What does this film show, and where?
exam-draw = Draw a box on the film: { $name }.
exam-box =
    { $name }: { $left } % from the left, { $top } % from the top, { $width } % wide, { $height } % high. Arrows move it,
    Shift and arrows change its size, Delete removes it.
exam-how =
    Choose a finding, then drag a box around it on the film. From the keyboard a chosen finding has its box at once: arrows
    move it, Shift and arrows change its size, Delete removes it.
exam-answer = That is my answer
exam-advice = Network { $letter } says
exam-advice-none = No finding
exam-advice-named = { $name }: { $score }, above its threshold
exam-asked-again = Do you keep your answer, or change it?
exam-final = That is my final answer
exam-map = { $method } of network { $letter } for { $name }.
exam-no-evidence = Nothing speaks for it.
exam-own-box = Yours
exam-true-box = True
exam-truth = It shows: { $names }.
exam-you-said = You said: { $names }.
exam-you-changed = After the advice: { $names }.
exam-look-for = What to look for
exam-explanation = Why
exam-no-map = It names no finding, so there is no map: a map of what a network does not see misleads.
exam-source = { $source }. Licence: { $licence }
exam-next = Next film
exam-finish = To the sheet
exam-sheet = Your sheet
exam-network-was = Network { $letter } was { $name }
exam-print = Print
exam-again = Begin again
exam-decks = To the decks
exam-place-match = Your box matches: it shares { $iou } with the true one.
exam-place-near = Your box is near: it shares { $iou } with the true one.
exam-place-elsewhere = Your box lies elsewhere: it shares { $iou } with the true one.
exam-centre-inside = Its centre lies inside.
exam-centre-outside = Its centre lies outside.
exam-right = Rightly named.
exam-missed = Missed: { $names }.
exam-false-alarm = Not there: { $names }.
exam-sheet-films =
    { $films ->
        [one] One film
       *[other] { $films } films
    }, each as you saw it first
exam-sheet-counts = { $name }: found { $hits }, missed { $misses }, named where it was not { $alarms }
exam-sheet-places = Boxes: { $match } matched, { $near } near, { $elsewhere } elsewhere
exam-sheet-again = Seen again: { $again }, right then: { $right }
exam-sheet-shown = With the map shown
exam-sheet-hidden = With the map hidden
exam-sheet-followed = { $arm } you followed wrong advice { $followed } of { $wrong } times: { $rate }
exam-sheet-never = { $arm } no wrong advice stood against your answer
exam-sheet-effect =
    The map changed how often you followed wrong advice by { $difference } in shares of 1. Where the interval holds 0, it
    may be chance.

## A class at once (teaching/classroom.py, class_text.py, ui/lesson/class_view.py)

class-title = A class
class-teach-title = Teach a class
class-door = Teach a class: everybody answers on a phone
    .join = Join a class with a code
class-unknown = There is no class { $code }.
    .hint = Look at the code again, or ask your teacher.
class-over = This class is over. Nothing of it was kept.
class-full = This class is full: { $most } have joined.
class-no-room = { $most } classes are under way on this page, and no more fit.
    .hint = Try again when one of them has ended.
class-locked = This class lets nobody else in.
    .hint = Ask your teacher to open it again.
class-no-token = This page is too old for this class.
    .hint = Load it again.
class-no-network = This computer is in no network that phones could reach.
    .hint = Join the network of the room, or open a hotspot, and open the class again.
class-other-addresses = If that leads nowhere: { $addresses }
class-nobody = Nobody has answered.
class-placed = { $placed } of them drew it where it is.
class-act-lock = Let nobody else in
class-act-unlock = Let others in again
class-networks-asked = The networks are looking at the film.
class-paused = Your teacher has paused the class. Your answer was not taken yet.
class-late = This film is over, so the answer came too late.
class-no-deck = Choose a deck.
class-lost = The page cannot be reached. It tries again; your place is kept.
class-join = Join
class-join-title = Join a class
class-code = Code on the wall
class-nickname = Nickname, if you like
class-nickname-how = Only your teacher's table has it, never the wall. Do not write your full name.
class-joined = You are in. The first film comes when your teacher begins.
class-number = Learner { $number }
class-leave = Leave this class
class-waiting = Your answer is in. What is true of the film comes when all have answered.
class-pause-told = Paused by your teacher.
class-missed-film = You gave no answer to this film.
class-next-soon = The next film comes when your teacher goes on.
class-choose = Choose what the class will see. The films come in the order of the deck, as in its hand-out.
class-open = Open a class
class-open-deck = Open a class: { $title }
class-how-to-join = Join at
class-by-code = with the code
class-qr = A QR code that leads to { $address }
class-unreachable = Phones cannot reach this page: it listens on this computer alone.
    .hint = Start it anew with GRADIO_SERVER_NAME=0.0.0.0, and open it here again.
class-seats =
    { $seats ->
        [0] Nobody has joined yet.
        [one] One has joined.
       *[other] { $seats } have joined.
    }
class-answered = { $answered } of { $seats } have answered
class-right = { $right } of { $answered } name all that is there, and nothing else.
class-place = Film { $number } of { $films }
class-counts = What was said
class-count = { $name }: { $count }
class-true = true
class-crowd = { $boxes ->
        [0] No box was drawn.
        [one] One box was drawn.
       *[other] { $boxes } boxes were drawn.
    }
class-act-start = Begin
class-act-pause = Pause
class-act-go-on = Go on
class-act-truth = Show what is true
class-act-networks = Show what networks say
class-act-next = Next film
class-act-last = To the results
class-act-end = End the class
    .sure = End the class for all? Answers that came stay until you close it.
class-ended = The end. Take the results home now: when this class is closed, or { $minutes } minutes after you have left this page, they are gone.
class-take-results = Results (CSV)
class-take-handout = Hand-out (PDF)
class-take-solutions = Solutions (PDF)
class-close = Close and forget everything
    .sure = Everything of this class is gone then: take the results first.
class-end-told = The end. This is your own sheet; nobody else sees it.
handout-solutions = { $title }: solutions
handout-asked = What does this film show, and where? Mark it on the film.

## Where maps point (localisation_text.py)

localisation = Where its maps point
localisation-how =
    Measured on films on which a box tells where the finding is (protocol of CheXlocalize, Saporta et al. 2022). Hit
    rate: how often the strongest point of a map lies in a box. mIoU: the overlap of the box and what stands out in the
    map, 0 to 1, mean over the maps; findings do not fill their boxes, so that even a perfect map stays below 1. A map
    without positive values is a miss.
localisation-baselines =
    Compare with the first two rows: chance is the share of the film that the boxes cover, and the middle of the film
    needs no network. A method that does not beat both says no more than a blind guess.
localisation-few =
    Few maps: the intervals (95 %, over patients, in brackets) are wide, and still too narrow. Where all maps hit, or
    all miss, there is none.
localisation-films = Which films, and which methods are left out
localisation-method = Method
localisation-all = All findings
localisation-chance = Chance
localisation-centre = Middle of the film
localisation-hit-rate = Hit rate
localisation-miou = mIoU
localisation-caption = { $figure }, { $films } films
localisation-column = { $finding }, { $maps ->
        [one] { $maps } map
       *[other] { $maps } maps
    }
localisation-parts = By part: { $names }

## The engine of the static edition (export/static)

static-graph-differs = The graph { $graph } says something else of a film than the network itself, so the edition is not written.
    .hint = Leave this network out, and tell those who keep this program.
static-no-licence = The package { $package } brings no licence, so it is not copied.
    .hint = Tell those who keep this program.
static-no-npm = What the page of the static edition runs is brought by npm, which is not installed.
    .hint = Install it with: pip install "cxr-demo[static]"
static-no-packages = npm could not bring the packages of the static edition.
    .hint = Look at what it printed, and whether its registry can be reached.
static-file-missing = The file { $file } could not be loaded.
    .hint = Check the connection, then load the page again.
static-file-broken = The file { $file } is cut short, damaged or from another edition.
    .hint = Load the page again; if that does not help, its folder has to be copied anew.
static-no-simd = This browser cannot compute with networks: it lacks WebAssembly with SIMD.
    .hint = Use a current Firefox, Chrome, Edge or Safari.
static-pixels-changed = This browser changes the pixels of pictures before a page can read them, so the numbers would be of another film.
    .hint = Save the film as PNG, TIFF or DICOM, which the page reads itself, or allow pictures to be read back here.
static-variety = This variety of { $kind } cannot be read without a server.
    .hint = Save the film as PNG.
static-no-memory = There is not enough memory in this browser to compute this.
    .hint = Close other pages, or choose a smaller network.
static-not-computed = This browser could not compute this: { $why }
    .hint = Load the page again, or use another browser.
static-no-network = No network is loaded yet.
    .hint = Choose one first.
static-was-stopped = This was stopped before it was done.

## Files that are not read (film/)

use-one-of = Use a PNG, JPEG, TIFF, WebP, BMP or DICOM file.
get-again = Export or download the file again.
film-no-memory = There is not enough memory to open this image.
    .hint = Try a smaller one.
film-damaged = This { $kind } file is damaged, cut short or of a variety not read here.
    .hint = { get-again }
film-no-synthetic = There is no such synthetic film. There are: { $known }
film-too-slow = Reading this image was ended: it took more than { $seconds } seconds, and a film takes about three.
    .hint = { get-again }
film-unreadable = This image made its decoder fail.
    .hint = { get-again }
film-none-given = No file was given.
    .hint = { use-one-of }
film-not-found = The file was not found.
    .hint = Check its name, or upload it again.
film-not-opened = The file could not be opened.
    .hint = Check its rights, or upload it again.
film-empty = This file is empty.
    .hint = { get-again }
film-too-large = This file is larger than { $megabytes } MB.
    .hint = Export a single, smaller image.
film-folder = This is a folder, not a file.
    .hint = Choose one file inside it.
film-not-ordinary = This is not an ordinary file.
    .hint = { use-one-of }
film-not-image = This is { $what }, not an image that can be read.
    .hint = { use-one-of }
film-too-many-pixels = This image has { $width } x { $height } pixels, more than { $megapixels } megapixels.
    .hint = Export it smaller.
film-too-few-pixels = This image has { $width } x { $height } pixels, too few for a film.
    .hint = Use one with { $least } or more on each side.
film-too-thin = This image has { $width } x { $height } pixels, too long and thin for a chest film.
    .hint = Crop it to the film.
film-pages = This { $kind } file holds several pages, not one film.
    .hint = Save the film as its own file.
film-animation = This { $kind } file holds an animation, not one film.
    .hint = Save the film as its own file.
film-large-tiles = This TIFF file claims tiles of more than { $megapixels } megapixels.
    .hint = { get-again }
film-tiff-variety = This variety of TIFF cannot be decoded here.
    .hint = Save it uncompressed, or as PNG.
film-16-bit-colours = The 16-bit colours of this file cannot be decoded.
    .hint = Save it as 16-bit grey.
film-not-numbers = Some pixels of this file are not numbers (NaN or infinite).
    .hint = Export it with 16-bit integers.
film-no-numbers = { film-not-numbers }
    .hint = { get-again }
film-blank = This image is blank: every pixel has the same grey.
    .hint = Choose another file.
jpeg-too-many-parts = This JPEG is built of far more parts than any camera writes.
    .hint = Save it anew.

# Each goes into "film-not-image".
file-is-gif = a GIF, a format of at most 256 shades that may be animated
file-is-pdf = a PDF document
file-is-zip = a zip archive or an Office document
file-is-gzip = a gzip archive
file-is-heic = a HEIC or AVIF photo, or a video
file-is-jpeg-2000 = a JPEG 2000 file outside DICOM
file-is-svg = an SVG drawing
file-is-web-page = a web page
file-is-text = a text file
file-is-unknown = a file of an unknown kind

dicom-export-again = Export it again, uncompressed or as JPEG 2000.
dicom-too-large = This DICOM file is larger than { $megabytes } MB when it is unpacked.
    .hint = Export a single, smaller image.
dicom-tag-missing = This DICOM file does not say its { $tag }.
    .hint = { dicom-export-again }
dicom-other = This DICOM file holds { $content } ({ $modality }), not a radiograph.
    .hint = Choose the film itself.
dicom-empty = This DICOM file holds no picture, or is cut short.
    .hint = Choose the film itself.
dicom-frames = This DICOM file holds { $frames } frames, not one film.
    .hint = Export the one you mean.
dicom-compressed = This DICOM file is compressed in a way that cannot be decoded here.
    .hint = { dicom-export-again }
dicom-not-as-said = The picture inside this DICOM file is not what its header says.
    .hint = { dicom-export-again }

# Each goes into "dicom-other".
dicom-holds-rtdose = a radiation dose
dicom-holds-seg = a segmentation
dicom-holds-sr = a report
dicom-holds-pr = the display settings of a film
dicom-holds-ko = a list of chosen pictures
dicom-holds-doc = a document
dicom-holds-rtplan = a treatment plan
dicom-holds-rtstruct = drawn outlines
dicom-holds-reg = a registration
dicom-holds-ecg = an ECG

## Notes of a file (film/): what was done to it

note-halved = { $width } x { $height } pixels, read at half size.
note-one-bit = One bit for each pixel: only black and white.
note-cmyk = Print colours (CMYK) were turned to screen colours.
note-lab = Lab colours were turned to screen colours.
note-palette = The palette of the file was applied.
note-turned = Turned upright, as the orientation stored in the file says.
note-white-is-zero = The TIFF stores white as zero: inverted.
note-bits = { $bits }-bit values in a { $container }-bit file: scaled by { $white }.
note-scaled = Values from { $low } to { $high }: scaled to the full range from black to white.
note-all-transparent = The file calls every pixel see-through: its colours are shown as they are.
note-no-end = The end mark of the JPEG is missing, all pixels are there.
note-transparent = See-through parts were laid on black.
note-colour = The picture is in colour: turned to grey by brightness.

# DICOM
note-modality = The file says modality { $modality }, not a radiograph.
note-raw = The file says it is raw detector data, not meant for viewing.
note-not-square = The pixels are not square ({ $ratio } times as high as wide): made square.
note-unreadable-tag =
    What the file says under { $tag } cannot be read: left out, { $tag ->
        [HighBit] so check that the film looks right
        [PresentationLUTShape] so check that bone is bright
        [PixelPaddingValue] so what lies around the film may be bright
        [PixelPaddingRangeLimit] so what lies around the film may be bright
        [PixelSpacing] so the film may look stretched
        [ImagerPixelSpacing] so the film may look stretched
        [PixelAspectRatio] so the film may look stretched
        [Modality] which changes no pixel
        [PresentationIntentType] which changes no pixel
        [NumberOfFrames] which changes no pixel
       *[WindowCenter] so greys may differ from those of other viewers
    }.
note-missing-tag =
    The file does not say its { $tag }: taken as { $value }, { $tag ->
        [SamplesPerPixel] as of a grey picture
        [PhotometricInterpretation] { $value ->
            [RGB] as of a picture in colour
           *[MONOCHROME2] so the highest value is white
        }
        [PlanarConfiguration] so the colours of each pixel stand together
        [BitsAllocated] which fits the size of the picture
        [PixelRepresentation] so no value is below zero
       *[BitsStored] so all bits of a value count
    }. Check that the film looks right.
note-padding = The padding around the film, marked in the file, was made black.
note-modality-table = Modality table (LUT) from the file applied.
note-rescaled = Rescaled as the file says: slope { $slope }, intercept { $intercept }.
note-table = VOI LUT from the file applied{ $tables ->
        [1] {""}
       *[other] , the first of { $tables }
    }.
voi-table = Table { $number }
voi-window = Centre { $centre }, width { $width }
    .named = { $name } ({ voi-window })
voi-range = Full range of values
note-window = Window from the file applied: centre { $centre }, width { $width }, { $curve }{ $windows ->
        [1] {""}
       *[other] , the first of { $windows }
    }.
note-range-one-grey =
    The window in the file shows one grey only: its full range of values, { $low } to { $high }, is shown.
note-range-no-window = No window in the file: its full range of values, { $low } to { $high }, is shown.
note-range-no-valid-window =
    The window in the file is not a valid one: its full range of values, { $low } to { $high }, is shown.
note-contradiction = The file contradicts itself about which end is white: check that bone is bright.
note-inverted = Stored with bone as dark (MONOCHROME1 or INVERSE): inverted, so that bone is bright.

## The gate (gate_text.py): what speaks against a frontal chest film

doubt-modality = This is not a radiograph.
doubt-ct = This looks like a CT, MR or ultrasound picture, not a radiograph.
doubt-view = This film was not taken from the front or from the back.
doubt-lateral = This looks like a side view.
doubt-body-part = This looks like another part of the body, or only a part of the chest.
doubt-coloured = This picture is in colours; a radiograph is grey.
doubt-photograph = This looks like a photograph, not a radiograph.
doubt-drawing = This looks like a drawing, a chart, a page or a pattern, not a radiograph.
doubt-several-images =
    This looks like several pictures on one page, or like a picture of a screen, not one film.
doubt-not-frontal =
    This does not look like a frontal chest film: it may be another part of the body, another view or another kind of
    picture.
doubt-no-lungs = No two lungs can be seen where lungs belong.
doubt-turned = This film seems to lie on its side or upside down.
doubt-inverted = This film seems to be inverted: bone dark, air bright.
doubt-mirrored = Left and right seem to be exchanged, or the heart lies on the right.
doubt-burned-in = Words are burned into this picture; they may sway a network, and may name the patient.

# A button; the note is what was done when it had been pressed.
mend-turn-90 = Turn it clockwise by 90°
    .note = Turned clockwise by 90°, as was asked for.
mend-turn-180 = Turn it by 180°
    .note = Turned by 180°, as was asked for.
mend-turn-270 = Turn it anti-clockwise by 90°
    .note = Turned anti-clockwise by 90°, as was asked for.
mend-invert = Invert it
    .note = Inverted, as was asked for: bright became dark and dark became bright.
mend-mirror = Exchange left and right
    .note = Left and right were exchanged, as was asked for.

# Each goes into "likeness".
look-frontal = a frontal chest film
look-lateral = a side view
look-body-part = another part of the body
look-ct = a CT, MR or ultrasound picture
look-photograph = a photograph
look-drawing = a drawing, chart or page
look-several-images = several pictures or a screen
look-turned-90 = a film turned anti-clockwise by 90°
look-turned-180 = a film upside down
look-turned-270 = a film turned clockwise by 90°
look-inverted = an inverted film
look-mirrored = a mirrored film

tag = The file says { $name } { $value }.
orientation = The file says that its rows run to { $rows } and its columns to { $columns }; L and F are usual.
flip = The file says that it was flipped from left to right, and not where left and right are now.
colours = More than 2 % of its pixels are coloured; a radiograph is grey.
no-lung = The network for lungs finds no lung on it.
one-lung = The network for lungs finds one lung on it, which covers { $share }.
two-lungs =
    What the network for lungs takes for two lungs covers { $share }, one { $smaller } as large as the other, their
    middles { $across } of the width and { $down } of the height apart.
likeness = A small network finds it { $probability } like { $kind } and { $frontal } like { look-frontal }.
sides = A small network finds it { $probability } like a mirrored film.
distance-within = Its distance from frontal chest films is within what is usual: { $times } times the limit.
distance-beyond = Its distance from frontal chest films is beyond what is usual: { $times } times the limit.

gate-table = How often the gate asks
gate-table-note =
    Before a network answers, each picture is asked whether it is a frontal chest film, upright, as usual. Measured on
    pictures that nothing was fitted on; brackets give 95 % intervals. What is neither right nor wrong is said in
    general words. Mirrored, turned and inverted films were made from real ones.
gate-table-kind = What it is
gate-table-pictures = Pictures
gate-table-questioned = Asked about
gate-table-right-reason = With the right reason
gate-table-wrong-reason = With a wrong reason

measured-frontal = frontal chest films
measured-lateral = side views
measured-body-part = other parts of the body
measured-ct = CT, MR, ultrasound
measured-photograph = photographs
measured-drawing = drawings, charts, pages, noise
measured-several-images = several films, screens
measured-turned = turned films
measured-inverted = inverted films
measured-mirrored = mirrored films

## The frame of the page (ui/app, ui/lesson/lesson_view.py)

invitation = Try a chest X-ray of your own
    .ways = Drop it anywhere, paste it, or choose a file
    .formats = PNG, JPEG, TIFF, WebP, BMP or DICOM.
doors = What to do here
door-films = Films
figures-on-phone = Threshold, and what these figures mean
door-lesson = Learn in five minutes
    .hint = Can you trust a right answer?
door-class = Class
way-back = Back to the films

## The page (page_text.py)

page-title = Chest X-ray explanations, side by side
page-subtitle = What a network says about a film, what its explanations say, and where they disagree.
not-clinical = For research and teaching only. Not a medical device, not for clinical use.

languages = Language
entrance-title = Before you start
entrance-purpose =
    This page is for research and teaching. It is not a medical device. Do not use it to diagnose, to treat or to rule
    anything out.
entrance-limits =
    The networks were trained on few films from few places and are often wrong. The maps show what moved their scores;
    they do not show where a disease is.
entrance-films =
    Choose only films that you are allowed to share, without names, also without names burned into the picture.
entrance-button = I understand, open the page

network = Network
strip = Films of this page
film-remove = Remove { $name }
film-removed = The film has been removed from the server and from this page.
film-refused = not read
film-is-read = reading …
film-questioned = a chest film?
oldest-removed = The oldest film was removed: at most { $films } stay.
oldest-removed-large = The oldest film was removed: large films leave room for few.

question = Is this a frontal chest film?
    .remove = Remove it
    .measured = What was measured
    .why =
        The network was made for frontal chest films, upright and as usual. Of anything else it gives numbers all the
        same, and they mean nothing.
show-anyway = Show anyway
nothing-above = nothing above its threshold
shown-anyway = Shown although it was questioned:
suggestion = The file says an age that this network was not made for. Another one was: { $title }.
suggestion-take = Use it

kept = What is kept, and for how long
    .short = Deleted once read; in memory for at most { $minutes } minutes after your last use.
    .whole =
        The file is deleted as soon as it is read. Each picture and its maps stay in this server's memory until you
        remove the film, close the page, or { $minutes } minutes after your last click or the end of a check that you
        asked for. A page keeps at most { $films } films, and { $megabytes } MB of them; then the oldest leaves for
        the next. An upload that breaks off is deleted within { $breaks } minutes. Nothing is logged about a film, and
        nothing goes to anybody else. Whoever hosts this page may keep records of its own.
earlier-films-gone = The films that were here before are no longer in memory.
expired =
    The film is no longer in memory: it was not used for { $minutes } minutes, or the server was restarted.
    .hint = Choose it again.
made-room =
    The film is no longer in memory: too many films were here at once, and yours had been unused for long.
unexpected = Something went wrong (ref { $reference }).
    .hint = Try again; if it comes back, tell whoever runs this page the reference.

findings = Findings
finding = Finding
step-choose = Choose, drop or paste a film.
step-read = Read what the network says of each finding, beside its threshold.
step-compare = Choose a finding and compare what the explanations say of it.
reading-file = Reading { $name } …
asking-network = The network looks at { $name } …

# A screen reader says it.
spoken-result = { $film }: { $finding } { $score }, { $verdict }. { $maps ->
        [ready] The maps are ready.
        [off] The maps are off.
       *[none] There are no maps.
    }
spoken-no-result = { $film }: there is no result. { $reason }
spoken-refused = { $film } was not read. { $reason }
spoken-question = { $film }: { question } { $reasons }

score-calibrated = calibrated probability
score-uncalibrated = uncalibrated score
score-below = < { $limit }
score-above = > { $limit }
scores-calibrated = Calibrated: of 100 films given 70 %, about 70 should have the finding.
scores-near =
    Calibrated: with each finding stands how often it was there on test films with a value near the shown one.
scores-off = On its own test films it was off by { $points } points on average.
scores-uncalibrated =
    These are uncalibrated scores from 0 to 1: more means more likely, but 0.7 does not mean 70 in 100.
scores-several =
    Each finding stands alone: several may be present, or none. All below threshold does not mean a normal film.
scores-exclusive = The findings add up to 100 %: exactly one of them is the answer.
scores-ensemble = An ensemble of { $members }: { $rule }. { members-dots }
scores-trained-on = Trained on { $data }.
show-anyway-gives-only = Show anyway: the network gives only { $score }
show-anyway-gives-less = Show anyway: the network gives less than { $limit }
show-anyway-scores-only = Show anyway: the network scores only { $score }
show-anyway-scores-less = Show anyway: the network scores less than { $limit }

# By the rule of an ensemble's card.
rule-majority = majority vote, ties by the mean of the probabilities
rule-mean = mean of the probabilities
rule-weighted = weighted mean of the probabilities
rule-stacking = a small network that reads all their probabilities
rule-joined = one network that reads the feature maps of all
ensemble-named = { $networks } networks, { $rule }: { $members }
ensemble-weighted = { $networks } networks, { $rule }; weights: { $members }
members = Members
members-dots = The dots are what each member says for itself.
members-say = What each member says
members-range = { $members } members from { $low } to { $high }

film = Film
    .promise = The film as you gave it; no map changes its greys.
film-source = { $film } · { $network }
seen-frame = The dashed frame is the part the network sees.
sides-known = R and L are the patient's right and left, as the file says.
sides-unknown = The file does not say which side is the patient's right.
hide-again = Hide the maps again
opacity = Opacity
cells = Without smoothing
contours = Contours (25, 50, 75 %)
drawing = Drawing
drawing-more = Lines, cells
notes = What was done to the file
    .none = Nothing: the pixels are as stored.

# Looking closely (ui/viewer/view_controls.py).
view = View
view-out = Zoom out
    .hint = Zoom out (key −)
view-in = Zoom in
    .hint = Zoom in, also with the wheel or two fingers (key +)
zoom-times = How many times larger than the whole film
view-pixels = 1:1
    .hint = One pixel of the film for one of the screen (key 1)
view-invert = Invert
    .hint = Exchange dark and bright (key I)
view-reset = Reset
    .hint = The whole film with its own greys (key R, or a double click)
view-swipe = Swipe
    .hint = A line in every panel: drag it to uncover another panel at the same place (key S)
swipe-line = Line in all panels: left of it the panel itself, right of it another
swipe-beside = Right of the line
swipe-none = No line here: this film has another shape than the others of its row.
greys = Greys
greys-file = From the file
    .network = The network reads the first; reports, covered films and compared ones show it. The others are for looking.
greys-level = Level
greys-window = Window
film-alone = Film alone
    .hint = Hold to see the films without their maps (key B)
enlarge = Enlarge { $panel }
view-help = Keys
    .hint = What the mouse, fingers and keys do (key ?)
gestures = Look closely: mouse, fingers and keys
    .linked = All panels move together. Keys work while the pointer or the keyboard is at the films.
    .close = Close
gesture-columns =
    .what = To do this
    .mouse = Mouse
    .touch = Fingers
    .keys = Keys
gesture-zoom = Zoom in and out
    .mouse = Wheel
    .touch = Two fingers
    .keys = + and −
gesture-move = Move about
    .mouse = Drag
    .touch = One finger, once zoomed in
    .keys = Arrows, once zoomed in
gesture-window = Brighter, darker; more or less contrast
    .mouse = Drag with the right button, or with Shift
    .touch = Sliders under “Greys”
    .keys = Shift and arrows
gesture-invert = Exchange dark and bright
    .mouse = Button “Invert”
    .touch = Button “Invert”
    .keys = I
gesture-whole = The whole film
    .mouse = Wheel, to its end
    .touch = Two fingers, to the end
    .keys = 0
gesture-pixels = One pixel of the film for one of the screen
    .mouse = Button “1:1”
    .touch = Button “1:1”
    .keys = 1
gesture-reset = All as at first
    .mouse = Double click
    .touch = Double tap
    .keys = R
gesture-bare = The films without their maps, while held
    .mouse = Button “Film alone”
    .touch = Button “Film alone”
    .keys = B
gesture-swipe = Swipe from one panel to another, or between two films that are compared
    .mouse = Button “Swipe”, then drag the line
    .touch = Button “Swipe”, then drag the line
    .keys = S; arrows, once the line is chosen with Tab
gesture-enlarge = One panel on the whole screen, and back
    .mouse = Button beside its name
    .touch = Button beside its name
    .keys = F
gesture-draw = Draw a region
    .mouse = Button “Box” or “Outline”, then drag
    .touch = Button “Box” or “Outline”, then drag
    .keys = Enter on the button puts one in the middle
gesture-region = Move a region
    .mouse = Drag it
    .touch = Drag it
    .keys = Arrows, once its number is chosen with Tab
gesture-region-size = Make a region larger or smaller
    .mouse = Drag a corner
    .touch = Drag a corner
    .keys = Shift and arrows, once chosen
gesture-region-remove = Remove a region; take the last change back
    .mouse = Button “×” in the list; button “Undo”
    .touch = Button “×” in the list; button “Undo”
    .keys = Delete, once chosen; Ctrl and Z
gesture-help = This sheet
    .mouse = Button “Keys”
    .touch = Button “Keys”
    .keys = ?

methods = Methods
    .choose = Choose among { $methods } explanations
    .hint = Only what is chosen is computed: for the finding you look at, then for the others; your choice stays.
method-leave-out = Leave out { $name }
method-not-available = { $method } · not available
method-long = { $method } · long
method-takes = { $method } · { $duration }
map-held =
    .question = Waits for your answer to the question above.
    .refused = No map: this file was not read.
not-available = Not available for this network.
    .why = Not available for this network: { $reason }
    .methods = Not available for this network: { $methods }
computing = Computing { $method } …
computing-share = Computing { $method } … { $share }

maps-of-members =
    Each map is the mean of the { $members } members' maps, { $rule ->
        [weighted] weighted as their probabilities are
       *[other] each counting the same
    }{ $calibrated ->
        [yes] , and divided by the member's temperature
       *[no] {""}
    }.
logit-is =
    { $of ->
        [calibrated] the members' mean calibrated logit
        [members] the members' mean logit
        [contrast] the logit, less the mean of all findings' logits,
       *[network] the logit
    } is { $logit }
sums-title = What this map adds up to
why-none = Why
logit-gloss = The logit is the network's score before it becomes a probability.
sums =
    Sums to { $total }, without signs to { $absolute }; { logit-is }{ $share ->
        [none] {""}
       *[other] , of which the sum is { $share }
    }. The rest, { $rest }, is not in the map.
# Of a map whose sum is far from the logit.
held-opposite =
    Its sum, { $total }, has the opposite sign of the logit, { $logit }: do not read it as the reasons for the score.
held-little =
    Holds only { $share } of the logit: most of it is elsewhere.
held-much =
    Sums to { $share } of the logit: the rest outweighs much.
# What LRP does otherwise than the network and its rules are written.
choices-title = How this map reads the network
choice-order =
    A mean over blocks stands before the 1×1 convolution that it follows in the network: together they are one linear step.
choice-biases = The biases of convolutions are left out where relevance is shared out, so that they keep none of it.
choice-norms = A batch norm or layer norm that no convolution absorbs hands its relevance on unchanged.
choice-depthwise =
    Depthwise convolutions follow z-plus without biases, and spread evenly what reaches a unit that no input speaks for.
choices-undo = “python -m cxr_demo explain --as-written” makes the map without this.
rule-for-relu =
    This rule was made for ReLU networks (Montavon et al. 2019, section 10.2.1), and this one has { $activations }: LRP
    (epsilon) and LRP (gamma, box) are recommended there.
sums-not =
    { $of ->
        [calibrated] The members' mean calibrated logit
        [members] The members' mean logit
        [contrast] The logit, less the mean of all findings' logits,
       *[network] The logit
    } is { $logit }; the values of this map do not add up to it.
cell-size = One cell is about { $width } × { $height } px of the film.
empty-map = This map shows nothing that speaks for { $finding } or against it.
    .zero = This map is 0 everywhere.
empty-map-positive = This map shows nothing that speaks for { $finding }.
    .zero = This map is nowhere above 0.
empty-map-called =
    This map shows nothing that speaks for { $finding }, although the network finds it: do not rely on this map here.
empty-map-little = Too little to show: { $why }.

# The text alternative of a map.
map-of = { $method } for { $finding }, { $where }
map-hidden = Film without the map of { $method } for { $finding }, which is off
place = { $column }, { $row }
row-upper = upper third
row-middle = middle third
row-lower = lower third
column-left = image left
column-centre = centre
column-right = image right
place-strongest = strongest positive region: { $place } ({ $share } of the positive evidence)
place-none = no positive region


# A finding's map against those of the others (comparison/label_contrast.py).
contrast = Against the other findings
    .hint = What speaks for this finding more than for the others
    .meaning =
        Orange speaks more for { $finding } than for the network's other findings, blue more for the others. What speaks
        for all alike is gone.
    .how = How a map against the other findings is made
    .made =
        The map of { $finding } minus the mean of the maps of all findings, weighted by their probabilities{ $task ->
        [each] , which are divided by their sum
       *[shared] {""}
    }: map − Σ p × map, over all findings (Gu et al. 2018, contrastive backpropagation). Weighted alike, the maps of all
        findings add up to zero. The more probable a finding is, the smaller are its numbers.
contrast-of = { $finding }, against the others
contrast-caption = Does not show what speaks for all findings alike, nor outlines: one cell covers a large part of the lung.
contrast-none = No { $method } against the other findings: this method is not linear, so its maps cannot be subtracted.

# One method's maps of different findings (label_text.py).
label-likeness = Which finding does a map speak of?
    .table = All findings beside each other
    .caption = { $method }: agreement of the maps of two findings
    .finding = Finding
    .slow = { $method }: not compared, as a map of every finding would take long.
    .how =
        As between methods: the film is divided into 16 × 16 fields, and the rank correlation of the sums in them says
        whether the maps of two findings have the same order of places: 1 the same, 0 none, −1 the opposite. From
        { $shared } on, whatever the sign, two maps look the same to the eye, and are called one map here.
label-likeness-contrast = Which finding does a map against the others speak of?
shared-all =
    { $method }: all { $labels } findings share one map{ $turned ->
        [yes] , for some with “for” and “against” exchanged
       *[no] {""}
    }. What it shows speaks of none of them alone.
shared-some =
    { $method }: { $names } share one map{ $turned ->
        [yes] , for some with “for” and “against” exchanged
       *[no] {""}
    }. What it shows speaks of none of them alone.
shared-opposite =
    { $method }: the maps of { $names } are opposite: what speaks for the one speaks against the other.
shared-none = { $method }: no two findings share a map.
shared-not = { $method }: no other finding has this map.
most-alike = The map of { $finding } is most like that of { $other } (agreement { $rank }).
most-opposite = The map of { $finding } comes nearest to the opposite of that of { $other } (agreement { $rank }).

agreement = How far the maps agree
    .maps = Maps
    .rank = Agreement (1 the same, 0 by chance, −1 opposite)
    .overlap = Overlap of the strongest 10 % (by chance)
    .overlap-5 = of 5 %
    .overlap-20 = of 20 %
    .silent = Nothing that speaks for it is in: { $maps }. This number confirms nothing.
    .measured = How this is measured
    .how =
        The film is divided into 16 × 16 fields, and each map's values are added up in each field. Agreement is
        Spearman's rank correlation of these sums: whether the fields have the same order. The overlap is that of the
        fields with the most evidence for the finding. Brackets and mark are what chance gives: the first map beside
        { $nulls } maps that are as smooth as the second and know nothing of the film. p is how often these would agree
        as much; the smallest p that they can give is { $smallest }.
    .chance = { $share }, { $p }
    .with = and
    .says-not = { $rank } The overlap { $overlap }
and = { $first } and { $last }

facts = About this network
fact-name = Name on the command line
fact-question = Question
fact-people = People
fact-summary = What it is
fact-data = Trained on
fact-data-licence = Licence of the data
fact-data-source = Source of the data
fact-limits = Known limits
fact-recipe = Recipe
fact-start = Started from
fact-day = Trained on the day
fact-import = Import
fact-missing = Not known
fact-licence = Licence of the network
fact-ensemble = Ensemble
geometry-stretch = stretch
geometry-letterbox = letterbox
geometry-crop = crop
fact-calibration = Calibration
fact-temperature = temperature { $temperature }
fact-none = none
fact-maps = Explanations
fact-sha256 = SHA-256 of the weights
fact-sha256-ensemble = SHA-256 of weights, rule and members
proof-pending =
    The checks of this network's maps are still running; a map that you ask for waits for them.
none-ready = There is no network to analyse a film with.
not-usable = Cannot be used
member-name = Name
member-network = Network
member-weight = Weight
member-temperature = Temperature
member-sha256 = SHA-256 of its weights
metrics = What these figures mean
    .meaning =
        AUROC is the chance that a film with the finding gets a higher score than one without: 0.5 is guessing, 1 is
        always. AUPRC is the area under the curve of precision and recall; guessing gives the share of films that have
        the finding. F1 joins precision and sensitivity into one number, MCC is the correlation of answer and truth.
        ECE is how far the probabilities are off on average. Macro is the mean over all findings.
set-validation = validation films
set-test = test films
set-external = films of other hospitals
test-set = Measured on: { $name } (95 % interval in brackets)
    .by-finding = Measured on: { $name } (95 % interval in brackets), by finding
# Of figures that answers without a look at the lungs reach on the same films.
floor = { $figure }, { $name }
    .beaten = { $value }; the network is { $difference } above it
    .not-beaten = { $value }; the network is not above it for certain: { $difference }
floor-majority = always the commonest class
floor-view = by the view position alone (AP or PA)
floor-shuffled = the network's own answers dealt out by lot

# The tour of a first visit (ui/app/tour.py).
tour = A short tour
    .count = { $step } of { $steps }
    .skip = Skip
    .back = Back
    .next = Next
    .end = Done
    .again = Show the tour
tour-film = Begin with a film
    .text =
        Choose, drop or paste a chest X-ray, or take a synthetic one. It leaves the server when you
        remove it or close the page, and { $minutes } minutes after your last use.
tour-findings = Read the findings
    .text = The network says how likely each finding is, and how often it was right. Press one to see its maps.
tour-maps = Compare the maps
    .text = Each method shows in its own way what moved the score. Where they disagree, believe none of them yet.
tour-look = Look closely, cover and ask
    .text =
        Zoom, change the greys, or draw a region: further down you can cover it and ask the network again. All keys stand
        behind “Keys”.
tour-home = Take it home
    .text = A report, pictures and numbers of what is shown, and a link to these settings without the film.

# A link that reopens the settings (ui/app/link.js).
link = Copy link
    .what = It reopens network, finding, methods and drawing, without the film, its name and your regions.
    .address = Address of these settings
    .copied = Copied.
    .by-hand = Copy it from the field.
link-network = the network { $name }
link-finding = the finding { $name }
link-method = the method { $name }
link-missing = This link asks for what is not here: { $what }.
    .unnamed = This link asks for something that is not here.
    .hint = All else is set as it says.
link-empty = This link holds no settings that this page knows.

# A "?" beside each, and what docs/glossary.md says too.
term-sheet =
    .ask = What does this mean: { $term }?
    .close = Close
term-probability = Probability
    .meaning =
        How likely the network finds it, set right on films that it had not learned from: of 100 films with 30 %, about 30
        have the finding. Where that was not done, the number is an uncalibrated score, which only ranks films.
term-threshold = Threshold
    .meaning =
        From this probability on a finding is called present. It was chosen on films kept apart for that. If you move it,
        the finding's word follows you; which maps are off at first stays by the network's own.
term-logit = Logit
    .meaning =
        The network's raw score of a finding, before it becomes a probability: 0 is undecided, and each point more makes
        the odds 2.7 times as high.
term-cam = Class activation map
    .meaning =
        Grad-CAM and its kin weigh the patterns of the network's last layer: they show which coarse regions speak for the
        finding.
term-score-cam = Score-CAM
    .meaning = It darkens the film outside one pattern after the other, and shows the patterns that keep the score.
term-lrp = LRP
    .meaning =
        Layer-wise relevance propagation hands the score back through the network, layer by layer, until each pixel has
        its share: orange speaks for the finding, blue against it. An even grid of fine dots comes from layers that move on
        by two pixels at a time, not from the film.
term-gradient = Gradient
    .meaning = It shows which pixels the score hangs on: where it would change at once if the film were a little brighter.
term-occlusion = Occlusion
    .meaning = It hides one part of the film after the other, and shows by how much the score falls or rises.
term-contrast = Against the others
    .meaning =
        What speaks for this finding more than for the other findings of the network. What speaks for all of them alike is
        left out.
term-cells = Cells
    .meaning = The fields of the network's last layer. A class activation map has one value for each; between them the picture is smoothed.
term-scale = Scale
    .meaning =
        Which value of a map gets which colour. Relative: each map has colours of its own, which show places, not strength.
        Absolute: maps of one unit share their colours, so that strength can be compared too.
term-window = Level and window
    .meaning =
        Which of the film's greys are spread from black to white: the level is their middle, the window how many they are. A
        narrow window shows faint differences. The network's answer stays the same.
term-cannot-tell = Cannot tell
    .meaning =
        On test films the network told this finding no better than by guessing, or not for certain: the interval of its
        AUROC reaches 0.5. Its number for this finding says nothing.
term-agreement = Agreement
    .meaning =
        How far two maps of one finding rank the parts of the film alike, and how much their strongest places overlap. Two
        maps can agree and both be wrong.
term-lungs = Share in the lungs
    .meaning =
        How much of a map's evidence for the finding lies in the lungs, beside what evenly spread evidence would have there.
        Much evidence outside is a warning about the network.
term-deletion = Deletion
    .meaning = The film is blurred where the map is strongest. If the score falls more than by other maps as smooth, the map is faithful to the network.
term-insertion = Insertion
    .meaning = A blurred film is made sharp where the map is strongest. If the score comes back sooner than by other maps as smooth, the map is faithful to the network.
term-randomisation = Randomisation
    .meaning =
        The network's learned weights are replaced by random ones. A map that hardly changes cannot depend on what was
        learned.
term-noise = Stability under noise
    .meaning = Noise too weak to see is added to the film. A map that changes much says little about this film.
term-shift = Stability under a shift
    .meaning = The film is moved by a few pixels. A good map moves along and stays the same otherwise.
term-auroc = AUROC
    .meaning = How often the network gives a film with the finding more than one without it: 1 is always, 0.5 is guessing.
term-ensemble = Ensemble
    .meaning = Several networks that answer as one: what they say is joined by fixed weights.

## The films of a page as a table (films_table.py)

table = Findings of all films
    .caption = { $network }: probability of each finding; bold where it says that it is there
table-open = Findings of all { $films } films as a table
table-close = Close the table
table-csv = Download as CSV
    .names = The file takes the names along: it can be downloaded once you have looked at them.
    .looked = I have looked: no name of a file in this table says who a patient is.
table-film = Film
table-gate = Kind of picture
table-usual = frontal chest film
table-accepted = questioned, shown anyway
table-synthetic = synthetic film
table-progress = { $done } of { $films } films are done …

## Two checkpoints, members (pair_text.py)

compare = Compare with
    .hint =
        Another film, another network on this film, or an ensemble's members: same finding, same scale, the difference.
    .nothing = nothing
    .members = its members
pair = { $finding }: two networks
    .this = the network above
    .other = compared with it
    .off = Maps are off at first: a map of what a network does not find, or cannot tell, misleads easily.
    .show = Show anyway: neither network says that it is there
    .show-members = Show anyway: the network does not say that it is there
    .says-not = A difference does not say which of the two is right.
    .read = How to read these maps
    .how =
        Blue and orange are evidence against and for the finding, also where the panels above show only what speaks
        for it. Both maps are on one grid of the film, the coarser one, cut to what both networks see, and evidence is
        given per area of the film, because cells of different size hold different amounts. Logit points are divided by
        each network's temperature where both have one. All three maps have one scale, full from the largest of
        their 99.5th percentiles: a faint difference is a small one.
pair-preparing = Checking what the maps of { $name } are worth …
pair-asking = { $name } looks at the film …
pair-computing = Computing { $method } of { $name } …
pair-computing-share = Computing { $method } of { $name } … { $share }
pair-slow = Compute { $method } of the other network too: { $duration }
pair-unavailable = Not available for { $name }: { $reason }.
pair-unknown = { $other } does not know { $finding }. Both know: { $known }.
pair-nothing-common = { $other } does not know { $finding }. The two networks have no finding in common.
pair-empty = Neither network gives evidence either way in { $method }: there is nothing to compare.
pair-figures = In numbers
pair-rank = Agreement (rank correlation)
pair-overlap = Overlap of the strongest 10 %
pair-scale = { $unit }; one scale for { $maps } maps
pair-logit = The { $kind ->
        [calibrated] calibrated logit
       *[plain] logit
    } is { $logit }.
pair-sums = Sums to { $total }. { pair-logit }
pair-sums-outside =
    Sums to { $total }; { $outside } lies in padding or beyond what both see. { pair-logit }
pair-map-of = { $method } for { $finding }, { $whose }: { $where }
pair-map-hidden = Film without the map of { $method } for { $finding }, { $whose }, which is off
difference = Difference
    .subtracted = the second minus the first
    .colours = Orange: more for the finding in { $other }. Blue: more in { $this }.
    .none = No difference: { $why }. Each map has its own scale.
    .sum = The difference sums to { $sum }.
    .where =
        They differ most in { $place } ({ $share } of the difference), where { $more } has more for the finding.
    .nowhere = The two maps are the same everywhere.
film-pair = { $finding }: two films
    .this = the film above
    .other = compared with it
    .choose = Film: { $name }
    .compare = Compare with { $name }
    .compare-short = Compare
    .show = Show anyway: the network does not say of either film that it is there
    .says-not =
        A difference of two films does not say that a person has changed, and a good fit not that both are of one
        person.
    .how =
        Blue and orange are evidence against and for the finding. The network was also asked with each film moved by 1
        and 2 % of its side and with noise too weak to see, { $squares } times in all. The brackets hold the middle
        95 % of the differences between all of these answers: where they hold 0, the films cannot be told apart. For the
        difference of maps the other film is moved, turned and enlarged until it lies over the one above.
    .laying = Asking the network with small shifts and noise, and laying { $name } over this film …
    .gone = The film that was compared is no longer here.
film-pair-ways =
    .swap = Swap the two films
    .swap-hint = The film on the left goes above, and the other one is compared with it.
    .end = Stop comparing
    .end-hint = The film above stays.
film-pair-changes = What changed
    .finding = Finding
    .difference = Difference in percentage points
    .told = Told apart?
film-pair-change = { $difference } ({ $low } to { $high })
film-pair-same = cannot be told apart
film-pair-higher = higher on { $film }
film-pair-lower = lower on { $film }
film-pair-unlike = No difference: the films do not fit over each other, their greys are too unlike. Compare by eye.
film-pair-lungs = No difference: the lungs of both films do not fit over each other. Compare by eye.
film-pair-moved = No difference: one film is turned or enlarged too much against the other. Compare by eye.
film-pair-unit =
    No difference: values of this method can be compared within one map alone. Each map has its own scale.
film-pair-scale = { $unit }
film-pair-slow = Compute { $method } of the other film too: { $duration }
film-pair-empty = On neither film there is evidence either way in { $method }: there is nothing to compare.
film-pair-question = { $name } is questioned or could not be read: choose it in the list of films first.
members-title = { $finding }: { $members } members
    .says-not = A small spread does not say that the members are right: they learned from the same films.
    .how =
        The members' maps are on the finest grid among them; the mean is the map above. The spread is the square root
        of the weighted mean of the squared distances from the mean, in the same unit; below each member is what it
        says beyond the mean. All have one scale, full from the largest of the 99.5th percentiles of the mean and the
        members.
    .joined =
        This network reads the feature maps of all its members together: there is one map of all, and the members have
        none of their own.
    .empty = Neither the mean nor any member holds evidence either way.
mean = Mean
    .of = the map above
spread = Spread
    .of = standard deviation
    .none =
        No spread: values of this method can be compared within one map alone. Each map has its own scale.
    .where = They differ most in { $place } ({ $share } of the spread).
    .nowhere = The members do not differ.
    .unsure = The spread is larger than the mean on { $share } of the map.
member-minus-mean = Minus the mean
    .of = { $name } minus the mean
member-weighs = Weight { $weight }. Agreement with the mean (rank correlation) { $rank }.

film-synthetic = synthetic
film-size = { $kind }, { $width } × { $height } px

# Why two maps cannot be subtracted (comparison/checkpoint_pair.py); each goes into "difference.none".
pair-why-labels = each map is against the other findings of its own network, and they have other findings
pair-why-task = one network shares 100 % out among its findings, the other judges each alone: their logits differ in kind
pair-why-calibration = one map is of calibrated logits, and the other network was never calibrated
pair-shared-part =
    Where the findings are classes of which one is true, only the distances between a network's logits make its
    probabilities: evidence that it gives all classes alike changes none of them, and is in these maps all the same.

# Why two maps have no rank correlation, or no strongest places in common (evaluation/agreement.py).
unranked-numbers = { $map ->
    [this] the first map
    [other] the second map
   *[named] { $map }
    } holds values that are not numbers
unranked-flat = { $map ->
    [this] the first map
    [other] the second map
   *[named] { $map }
    } is the same everywhere
unranked-evidence = { $map ->
    [this] the first map
    [other] the second map
   *[named] { $map }
    } nowhere holds more evidence for the finding than against it

## Evaluation (evaluation_text.py)

evaluation = Quality of these explanations
    .map = Map

regions = Where the evidence lies
    .measured = How this is measured
    .how =
        The share of each map's evidence for the finding that lies in a region; in brackets and as a mark, what evenly
        spread evidence would have there. Borders are the outer { $border }, corners { $corner } of height and width. Dice
        says how far two outlines overlap: 1 is wholly, 0 not at all.
    .warning =
        Evidence outside the lungs, at a border or in a corner is a warning about the network, not about the map.
region-lungs = in the lungs (estimate)
region-outside = outside the lungs
region-borders = at the borders
region-corners = in the corners
region-own = in region { $number }
region-named = in the { $name }
region-share = { $share } of the evidence
region-no-evidence = no evidence
region-area = { $share } of the film
lungs-absent = No outline of the lungs can be made here, so the lungs are not told apart.
lungs-not-found = No lung was found on this film, so the lungs are not told apart.
lungs-quality =
    The outline of the lungs is an estimate of a small network: Dice { $dice } on films that it had not seen.

region = Regions of your own: draw them on a panel, or give one in % of the film
    .left = left
    .top = top
    .width = width
    .height = height
    .add = Add
    .change = Change the chosen one
    .no-numbers = Give left, top, width and height as numbers from 0 to 100.
    .no-shape = This is no region: four numbers, or an outline of at least three points.
    .too-many = There is room for { $most } regions. Remove one first.
regions-draw = Regions
    .box = Box
    .box-hint = Drag a box over any panel. With the keyboard: Enter puts one in the middle. Escape stops.
    .outline = Outline
    .outline-hint =
        Draw around something, over any panel. With the keyboard: Enter puts an oval in the middle. Escape stops.
    .undo = Undo
    .undo-hint = Take back the last change of a region or a cover (Ctrl and Z)
regions-own = Your regions
    .number = Region
    .area = of the film
    .remove = Remove region { $number }
    .cover = Cover region { $number } when asked
    .cover-head = To cover
region-name = Region { $number }: arrows move it, Shift and arrows resize it, Delete removes it
cover = Cover and ask again
    .hint =
        What if this shadow were not there? The regions are covered and the network asked once more; press again to
        take it off.
    .none-chosen = Tick a region to be covered.
    .asking = The network looks at the covered film …
    .picture = The film with the regions covered, as the network was asked
    .not-the-film = Covered: not the film
    .says-not =
        No network was trained on covered films, and what covers may look like a finding: a change raises a suspicion,
        and two ways that agree raise it more.
    .before = The film
    .after = Covered
    .change = Change
    .off = Uncover
covered-change = { $finding }: { $before } → { $after }
covered-most = Changed most: { covered-change }.
covered-above = { $finding } is now above its threshold.
    .short = now above its threshold
covered-below = { $finding } is now below its threshold.
    .short = now below its threshold
cover-mirror = with the mirrored other side
cover-blur = with a blur
cover-grey = with grey
cover-keep = all but the regions
score-points = { $points } { $count ->
        [one] point
       *[other] points
    }

# What is measured of maps, by its key (evaluation/checks.py).
trial-rank = Rank correlation
    .says = Whether two maps rank the parts of the image alike, from most against to most for the finding.
    .says-not = Two maps can agree and both be wrong.
trial-overlap = Overlap of the strongest areas
    .says = How much the strongest 5, 10 or 20 % of the image in two maps overlap.
    .says-not = Does not show how strong these areas are, or that either map is right.
trial-where = Where the evidence lies
    .says = Which share of the evidence for the finding lies in a region, next to the region's share of the image.
    .says-not = Evidence outside the lungs is a warning about the network, not about the map.
trial-deletion = Deletion
    .says = How much the score falls when the image is blurred where the map is strongest.
    .says-not = The network never saw half-blurred images, so any map makes the score fall: compare with the maps as smooth.
trial-insertion = Insertion
    .says = How much of the score returns when a blurred image is restored where the map is strongest.
    .says-not = One sharp part may be enough for the network, and then the rest of the map is not tested.
trial-randomisation = Randomisation
    .says = How similar the map stays when the network's learned weights are replaced by random ones.
    .says-not = A map that changes can still be wrong; a map that does not cannot depend on what was learned.
trial-noise = Stability under noise
    .says = How much the map changes when noise too weak to see is added to the image.
    .says-not = Where the network's output changes, the map should too; a map that never changes is stable and useless.
trial-shift = Stability under a shift
    .says = How much the map changes, apart from moving along, when the image is shifted by a few pixels.
    .says-not = A coarse map cannot follow a shift that is smaller than its cells, and is penalised for that here.

check = Check these maps
    .rest = Check the rest
    .hint = Asks the network again, with parts of the film blurred, with random weights, with noise and a shift.
    .slow = Also noise, shift and random weights of { $methods }
    .stop = Stop
    .stopped = Stopped. What was found so far stays.
    .stopped-at-once = Stopped before anything was found.
    .waiting = About to start; waits while others check their maps
    .running = Checking
    .left = { $duration } left
    .done = Checked. The results stay with this film and finding.
check-part-faithfulness = Deletion and insertion
check-part-stability = Noise and shift
check-part-randomisation = Random weights
check-step = { $part }: { $methods }

checks = What the network answers when it is asked again
    .meanings = What each number says, where it comes from, and what it does not say
    .drawings = What the small drawings show
    .legend =
        Curves: the logit while the film is blurred away, or made sharp again, in the map's order (line); dashed: after
        the first { $share } of the film in the order of the middle of the film. Then the whole film is blurred by
        { $haze }, the { $tested } where the map is strongest altogether, and the { $tested } where it is weakest made
        sharp, for insertion the other way round; and the same by { $nulls } maps that are as smooth and know nothing,
        fewer where { $enough } are soon as good as the map. p is how often a map that knows nothing would be as good; the smallest p that { $nulls } maps can give
        is { $smallest }. A map that is no better than the middle of the film says little, whatever its p. Steps: rank
        correlation with the map of the trained network, from random weights in the last block to random weights in
        all; thin: without signs; dashed: where “does not change” begins.
higher-is-better = higher is better
lower-is-better = lower is better
measure-strongest = change of the logit by the strongest { $share } of the film
measure-rank = agreement left with the map of the trained network
measure-change = change of the map
check-column = { $measure }: { $direction }
check-not-yet = not checked
check-failed = not computed ({ $reason })
p-value = p = { $p }
curve = { $check }: the logit goes from { $first } to { $last }; by the strongest { $share } it changes by { $change }, { $p }
    .change = { $change } logit points
    .p-smallest = { $p }, the smallest possible with { $nulls } maps as smooth
    .p-all = { $p }: { $good } of { $nulls } maps as smooth are as good
    .p-early = { $p }: { $good } of the first { $asked } maps as smooth are as good
    .lead = against the mean of maps as smooth: { $change }
    .middle-behind = middle of the film: { $change }, less than the map
    .middle-ahead = middle of the film: { $change }, as good as the map or better
randomisation =
    Agreement { $first } with random weights in the last block, { $last } with those in all blocks
    .unchanged = Does not change
    .unchanged-why =
        Still at { $limit } or more when all weights are random: it cannot speak of what was learned.
    .blind-why = Stays with random weights in the last block: it is not about this finding.
    .absolute = without signs { $rank }
    .rank = agreement (rank correlation) { $rank }

## The report that is taken home (export/report.py)

report-title = A chest X-ray and what explains its findings
report-made = Made { $moment } with cxr-demo { $version }
report-verdict = Verdict
report-low = { $finding }: { $verdict }. A map of such a score misleads easily.
report-held = { $why } The maps were off on the page and are left out here.
report-no-maps = No map was chosen.
report-opacity = Maps lie over the film with { $opacity } opacity at most; where a map is zero the film is untouched.
report-window = The film is drawn in its file's window “{ $window }”, which is not the one that the network reads.
report-greys = Greys as they were set: black at { $low } of the film's range, white at { $high }{ $inverted ->
    [yes] , then inverted
   *[no] {""}
    }.
report-quality = How well this network tells each finding
report-measured = Measured on test films
report-unchecked = The maps were not checked: nothing is known here of how far they can be trusted on this film.
report-gate-synthetic = Not asked: this is a synthetic film.
report-gate-usual = Nothing spoke against it.
report-covered = Asked again with parts covered, { $how } (drawn regions: { $regions }): that was not the film.
report-prior = Compared with { $film }
report-prior-film = The film compared with
report-prior-how =
    "Film above" is the one of this report. The network was also asked with each film moved by 1 and 2 % of its side and
    with noise too weak to see, { $squares } times in all. The brackets hold the middle 95 % of the differences between
    all of these answers: where they hold 0, the films cannot be told apart.
report-film-sha256 = SHA-256 of the film's file
report-versions = Versions
report-version = { $name } { $version }
report-page = Page { $page } of { $pages }
report-look =
    The report shows the film and names its file: before you pass it on, look whether either says who the patient is.
report-folder = { $path } is a folder.
    .hint = Give --out the name of a file, as report.pdf.
report-exists = { $path } is there already.
    .hint = Give --out another name, or add --overwrite to replace it.
report-again-other = { $path } was made of another film or by another network.
    .hint = Give the film and, with --weights, the network that it names.
report-again-prior = { $path } compares the film with another one, which --prior does not name.
    .hint = Give --prior the file whose SHA-256 begins with { $sha256 }.
report-again-alone = With --again everything is as the manifest says: { $options } would change it.
    .hint = Leave out either.
again-not-read = { $path } cannot be read: { $reason }.
    .hint = Give --again the manifest.json of a ZIP from Take home or from report --out FILE.zip.
again-no-manifest = { $path } is no manifest of a report.
    .hint = Give --again the manifest.json of a ZIP from Take home or from report --out FILE.zip.
report-unwritten = The file cannot be written: { $reason }.
    .hint = Give --out another name, or add --overwrite to replace it.

# On the page (ui/export/take_home.py).
take-home = Take home
    .what =
        A file of what is shown now: its scale, opacity and greys too. It is made in this server's memory and goes with
        the film.
    .looked = I have looked: neither the film nor its file's name says who the patient is.
    .looked-both = I have looked: neither of the two films nor their files' names say who the patient is.
    .why = Tick this first: what is below is made once you have looked.
    .report = Report (PDF)
    .bundle = Everything (ZIP)
    .picture = Picture with its colour bar:
    .making = Making the file: { $share }
    .ready = ({ $megabytes } MB)
    .none = Once a film is analysed, a report and pictures of it can be taken home.
take-home-gone = This map is no longer shown.

## The page of the static edition (export/static/page)

browser-unexpected = Something went wrong here: { $what }
browser-megabytes = { $number } MB
browser-stays = The film stays on this device: nothing is uploaded.
browser-synthetic-note = Synthetic: drawn by a program, not a film of a person.
browser-network = { $title } · { $size } to load
browser-loading = Loading { $name } …
browser-gate = The first film of yours loads { $size } more, to ask whether it is a chest film.
browser-asking-gate = Looking whether this is a frontal chest film …
browser-stop = Stop
browser-stopped = Stopped.
browser-go-on = Go on
browser-methods-hint = Only what is chosen is computed, here in your browser.
browser-foreign = This network was made for synthetic films alone: what it says of a film of a person means nothing.
    .title = Which network?
browser-try-again = Try again
browser-exam-back = This film comes back: your first answer to it was not right.
browser-drawn =
    This film was drawn by a program, and the network learned from films of people: what it says of it means nothing.
browser-compare-hint =
    Another film, looked at by the same network: same finding, same scale. Two films that are given at once stand beside each other.
browser-pair-question = { $name } is questioned or could not be read: swap the two films to see why.
browser-pair-chance = Whether a small shift of the film, or noise, would change as much is not asked here.
browser-asking = The network is being asked.
browser-agreement-how =
    The film is divided into 16 × 16 fields, and each map's values are added up in each field. Agreement is Spearman's
    rank correlation of these sums: whether the fields have the same order. 1 is the same, 0 none, −1 the opposite.
browser-kept = Everything but the other networks is kept on this device: the page works without a connection too.
browser-print = Print a report
    .hint = The film, the maps and the numbers as they are seen now; your browser can also save them as PDF.
browser-report =
    { $film }, looked at by { $network } (weights { $sha256 }), static edition { $version }. Made on { $day } in the
    browser of the person who prints it.
fact-edition = This edition
