"""Every limit that a person can run into: how large, how long, how slow. Each is read where it is enforced and where
it is said, so that the page never promises another number than the code keeps."""

from __future__ import annotations

# files
MAX_FILE_BYTES = 64 * 2**20
MAX_PIXELS = 40_000_000  # an image of more is read at half size
MAX_PIXELS_READ = 4 * MAX_PIXELS  # of a file, before it is halved; with what follows at most 1.3 GB, measured
MAX_COLOUR_16_PIXELS_READ = 100_000_000  # with three or four channels of 16 bits; at most 1.6 GB
MAX_JPEG_SCANS = 100  # a progressive JPEG has about 10; libtiff has the same limit for JPEG inside TIFF
MAX_JPEG_SEGMENTS = 10_000  # tables and notes; the colour profile of a photograph may fill 255
MAX_TIFF_PAGES = 16  # looked through for the one that is no smaller copy
MAX_WINDOWS = 16  # of a DICOM file, that a person can choose among
MAX_ASPECT = 4.0  # own choice: a whole-spine film is about 3 : 1, a strip of text is longer

# networks
SIZES_PX = (32, 1536)  # least and largest side of the square that a network reads
MAX_MEMBERS = 16  # of an ensemble: what a card may make the app build
NETWORKS_AT_ONCE = 4  # that compute on a page's machine, each with its part of the processors, and its 0.3 GB
CACHE_BYTES = 64 * 2**20  # of the maps of one checkpoint: about 450 LRP maps of 192 px
MAX_IMPORT_BYTES = 4 * 2**30  # of a weights file: the largest convolutional network of timm has 3.4 GB
IMPORT_SECONDS = 120  # of a processor, for the process that reads a pickle; twice as long by the clock

# explanations, in forward passes of one label, see `explain.methods.Method.cost_forwards`
SLOW_FORWARDS = 30.0  # a method that costs more is made only when a person asks for it, and says beforehand how long
BENCHMARK_FORWARDS = 100.0  # a method that costs more is left out where it would be made for every film of a test set

# sessions
KEPT_MINUTES = 15  # an image stays in memory, after the last use
MAX_SESSIONS = 40  # a class of 30 and some; at 40 megapixels an image is 160 MB, at the usual 4 it is 16 MB
MAX_HELD_BYTES = 2 * 2**30  # of the films and files of all pages: 130 of the usual 4 megapixels
MAX_PAGES = 400  # that show only a synthetic film too: a visitor may open many
READ_AT_ONCE = 3  # films: one of 40 megapixels may need 160 MB while it is decoded
READ_AT_ONCE_OF_CLIENT = 2  # of them: slow films of one person leave a place for others
READ_SECONDS = 10  # of a processor, for one film: the largest that is read takes about 3
READ_CLOCK_SECONDS = 12  # the same by the clock, also where many want the processors: nobody waits for longer
READ_SPARE_BYTES = 5 * 2**29  # of memory, for one film: the largest that is read takes 1.6 GB
GROUPS_AT_ONCE = 3  # of a command's films: some are read while a network has others; with two the cores idle more
MAX_BATCH_FILMS = 64  # that a command asks a network about at once
FILMS_UNTIL_TRIM = 256  # that were asked about when freed memory goes back; costs 0.1 s, and as much to get it again
MAX_PAGE_BYTES = 256 * 2**20  # of the films of one page: one of 40 megapixels is 160 MB
KEPT_PARTS = 16  # of each part of a page, as it was rendered: for every finding of the longest list, about 1 MB
DEEP_CACHE_BYTES = 128 * 2**20  # of films in their full depth as they were sent: about ten of 4 megapixels
KEPT_EXPORTS = 4  # files of one page that were made to be taken home
MAX_EXPORT_BYTES = 64 * 2**20  # of them together, but for the last
MAX_REGIONS = 8  # that a person draws on one film: as many colours can be told apart
MAX_POINTS = 400  # of an outline drawn by hand
MAX_FILMS = 12  # of one page; the one that was taken first leaves for the next
MAX_WAITING = 64  # events in the queue: two for each of a class of 30
MAX_THREADS = 128  # every page that waits for its maps holds one
PROGRESS_EVERY_S = 0.4  # how often the page says how far a job is

# decks of films for the exam
MAX_DECK_BYTES = 2**18  # of its deck.toml: all texts of 60 films in two languages at their longest would have more
MAX_DECK_FILMS = 60  # an hour, at a minute each
MAX_DECK_TITLE = 80  # characters, in one row of a list
MAX_DECK_TEXT = 1200  # characters, which is read in a minute
MAX_DECK_CHOICES = 24  # labels that a learner chooses among: all that the house knows
MAX_DECK_NETWORKS = 4  # that a learner can keep apart
KEPT_DECK_BYTES = 96 * 2**20  # of pictures of films, and likewise of what networks say of them: up to 1 MB each
MAX_EXAM_BYTES = 2**18  # of a learner's answers, which the browser holds: every film twice, every finding with a box

# a class at once
MAX_CLASSES = 8  # under way in one process
MAX_CLASSES_OF_CLIENT = 4  # of them, that one address has opened: whoever plays leaves a place for others
MAX_SEATS = 60  # of one class: two school classes
MAX_NICKNAME = 24  # characters
CLASS_MINUTES = 60  # a class is kept, after its teacher's page was last there
AWAY_S = 60  # a learner whose page has asked nothing for so long is not waited for
LOOK_SECONDS = 15  # a page waits for something new, until it asks again

# programs
PROGRAMS_AT_ONCE = 2  # answers to programs under way: people on the page come first
MAX_PROGRAM_MAPS = 32  # of one answer
MAX_PROGRAM_CHECKED = 4  # methods whose maps are measured, or stand in a report
MAX_PROGRAM_CHECK_S = 300  # by the clock, of the checks of one answer; people on the page have their turns in between
PROGRAM_OVERLAY_PX = 1024  # longest side of the pictures in an answer
MAX_PROGRAMS_WAITING = 16  # beside those under way: the row of the page has room for its people
KEPT_ANSWER_S = 60  # until an answer that no program has fetched is forgotten

# requests
MAX_REQUEST_BYTES = 2**20  # of one that is no upload: a press with the outlines of all regions has 100 KB
REQUEST_SECONDS = 20  # until the head of a request has come, and then until all of it has, but for an upload
LEAST_UPLOAD_BYTES_S = 4 * 2**10  # an upload that is slower after REQUEST_SECONDS is ended

# uploads that have arrived and are not read yet
MAX_UPLOADS_AT_ONCE = 20  # files in one request
MAX_UNREAD_FILES = 200
MAX_UNREAD_BYTES = 4 * 2**30
UNREAD_SHARE = 0.5  # of both, for one address: a class behind one address may send 30 films of 64 MB at once
SPARE_DISK_BYTES = 16 * 2**20  # an upload that would leave less of the disk is refused
LEFT_OVER_S = 300  # an aborted or never claimed upload is deleted after this time
SWEEP_EVERY_S = 20  # how often such files are looked for

# maps that are made before anybody asks
IDLE_S = 0.3  # nobody asked for anything for so long
USED_WITHIN_S = 60  # for a person who has done nothing for longer, none is made
LABELS_AT_ONCE = 4  # whoever clicks meanwhile waits for at most so many maps of one method
