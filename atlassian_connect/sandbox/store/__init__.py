"""What a sandbox keeps, in SQLite. Start at :class:`.store.Store`, which has everything:

=====================  =================================================================================================
``content``            :mod:`.content`: spaces, pages, posts, comments, labels; projects, issues, dashboards, fields
``users``              :mod:`.users`: people
``permissions``        :mod:`.permissions`: who sees which space or project
``entity_properties``  :mod:`.entity_properties`: properties of all of them
``attachments``        :mod:`.attachments`: files on pages and issues
``installations``      :mod:`.installations`: the rows of the apps
``tasks``              :mod:`.tasks`: long-running tasks, in memory
``changes``            :mod:`.changes`: tells what happened, for webhooks
``database``           :mod:`.database`: rows, transactions, counters
=====================  =================================================================================================

The values are frozen dataclasses (:mod:`.values`), the tables are in :mod:`.schema`, the samples in :mod:`.seed`.
Methods that write are transactions: an error leaves nothing behind. Nothing here knows HTTP.
"""
